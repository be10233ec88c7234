/** What happens to the cluster as a whole, and is no change of a machine. */
export interface ClusterNews {
  readonly code: 'exchange-failed' | 'exchange-works' | 'pulled';
  /** The same for people. */
  readonly what: string;
  readonly time: Date;
}

export interface NewsSource {
  /** Until the returned function is called. */
  subscribe(watcher: (news: ClusterNews) => void): () => void;
}
