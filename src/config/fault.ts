export type FaultPath = readonly (string | number)[];

/** What is wrong with one setting, and what would be right. */
export interface Fault {
  readonly path: FaultPath;
  readonly message: string;
}
