import type { ImagoError } from '../errors.js';
import type { RawId } from '../git/object.js';
import type { FleetTip } from './fleet-tip.js';
import type { RecordKey, RecordName } from './layout.js';
import type { FoundFile, FoundFiles } from './worktree/work-tree.js';

/** A record's file as committed, which cannot be taken as it is. */
export interface InvalidFile {
  readonly key: RecordKey;
  readonly error: ImagoError;
}

export interface DifferingFile {
  readonly key: RecordKey;
  /** The id of the committed file; undefined where none is committed. */
  readonly committed: RawId | undefined;
  /** What lies in the work tree; undefined where it is missing. */
  readonly found: FoundFile | undefined;
}

export interface MisplacedFile {
  readonly path: string;
  /** Where it would be taken up. */
  readonly place: string;
}

/** A record's file, committed, that is not in its place. */
export interface StrayRecord {
  readonly key: RecordName;
  readonly path: string;
}

export interface OtherFile {
  readonly path: string;
  readonly mode: string;
  readonly id: RawId;
}

export interface LoadedTip {
  readonly tip: FleetTip;
  readonly invalid: readonly InvalidFile[];
  /** Records whose file in the work tree is not the committed one; without `found` it is missing. */
  readonly differing: readonly DifferingFile[];
  /** Files in the work tree, not committed, that look like hosts' but lie where no host's file belongs. */
  readonly misplaced: readonly MisplacedFile[];
  /** They hold: what is in the place of such a record is older. */
  readonly strays: readonly StrayRecord[];
  /** Files that are committed and are no record's: they are kept as they are. */
  readonly others: readonly OtherFile[];
}

/** What is known already, which spares reading the same from the repository: equal ids say that it is the same. */
export interface KnownTip {
  readonly found?: FoundFiles | undefined;
  readonly foundCluster?: FoundFile | undefined;
  readonly previous?: FleetTip | undefined;
}
