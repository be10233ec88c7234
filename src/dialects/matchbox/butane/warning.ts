/** What Butane or Ignition only warns of: the configuration is served, without what it is about. */
export interface Warning {
  /** Counts from 1; unknown in a file that is long. */
  readonly line: number | undefined;
  /** As in `storage.files[0].mode`. */
  readonly field: string;
  readonly message: string;
}
