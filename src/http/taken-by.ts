/** What of a ServerResponse is looked at. */
export interface Taking {
  readonly socket: { readonly bytesWritten: number; readonly writableLength: number } | null;
}

/** How many bytes the reader of an answer's connection has taken: those that have left the process. */
export function takenBy({ socket }: Taking): number {
  return socket ? socket.bytesWritten - socket.writableLength : 0;
}
