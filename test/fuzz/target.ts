/** Something that takes whatever bytes come. */
export interface FuzzTarget {
  readonly name: string;
  /** @throws what must not be: the case is a fault then. */
  readonly fuzz: (bytes: Buffer) => void;
  /** What real clients say, and what was found before: cases start from these. */
  readonly corpus: () => readonly Buffer[];
  /** Pieces of the protocol that are put in at random places. */
  readonly words: readonly Uint8Array[];
  /** Where the interesting part begins, in bytes. */
  readonly body: number;
}
