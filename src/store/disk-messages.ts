import type { ObjectId } from '../git/object.js';

/** What the store's disk thread is told, and what it answers. Bytes travel as Uint8Array: Buffers lose their class on the way. */
export type DiskRequest =
  | { readonly kind: 'flush'; readonly batch: FlushBatch }
  /** Whether something can be written; answered as a flush. */
  | { readonly kind: 'probe'; readonly number: number }
  /**
   * The work tree as it was found, in the form of index entries, and the files that are to be written again: they belong together,
   * since without them the work tree must not pass for being at `head`.
   */
  | {
      readonly kind: 'adopt';
      readonly entries: Uint8Array;
      readonly head: ObjectId;
      readonly isSettled: boolean;
      readonly restore: readonly CheckoutFile[];
    }
  /** A commit made outside imago: the work tree is to follow it. `others` are entries of files that are no record's. */
  | {
      readonly kind: 'follow';
      readonly head: ObjectId;
      readonly files: readonly CheckoutFile[];
      readonly others: Uint8Array;
    }
  | { readonly kind: 'restore'; readonly files: readonly CheckoutFile[] }
  /** An edit with this content is known, and may be written over from now on. */
  | { readonly kind: 'seen'; readonly path: string; readonly id: Uint8Array }
  /** An edit is not taken up. */
  | { readonly kind: 'refused'; readonly path: string }
  /** All that was postponed is done, and the thread ends. */
  | { readonly kind: 'close' };

export interface FlushBatch {
  readonly number: number;
  readonly name: string;
  readonly pack: Uint8Array;
  readonly index: Uint8Array;
  /** The commit that the branch must still stand at, undefined for a repository without one. */
  readonly expected: ObjectId | undefined;
  readonly next: ObjectId;
  readonly files: readonly CheckoutFile[];
}

/** A file of the work tree; without content it is removed. */
export interface CheckoutFile {
  readonly path: string;
  readonly content?: string | Uint8Array;
  /** Its 20-byte id. */
  readonly id?: Uint8Array;
}

export interface EditedFile {
  readonly path: string;
  readonly base: ObjectId | undefined;
}

export type FlushOutcome =
  | { readonly kind: 'durable' }
  /** Somebody else has moved the branch: nothing was changed. */
  | { readonly kind: 'moved'; readonly head: ObjectId | undefined }
  | { readonly kind: 'failed'; readonly errorCode: string | undefined; readonly message: string };

export type DiskReply =
  | { readonly kind: 'flushed'; readonly number: number; readonly outcome: FlushOutcome }
  /** Files that somebody edited; what was to be written there waits. `base` is the id of what stood there before. */
  | { readonly kind: 'edited'; readonly files: readonly EditedFile[] }
  /** The work tree could not follow; it is tried again. */
  | { readonly kind: 'work-tree-lags'; readonly message: string }
  | { readonly kind: 'work-tree-follows' }
  | { readonly kind: 'closed' };

/** What needs no answer. */
export type DiskNotice = Exclude<DiskRequest, { kind: 'flush' | 'probe' | 'close' }>;
