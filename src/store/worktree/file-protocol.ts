/**
 * What a file of the work tree is to imago:
 * - `clean`: as the last commit that changed it has it, and on disk for good.
 * - `written`: written by imago; a power cut may still bring back the version before, or its length without its bytes.
 * - `edited`: somebody wrote something else, or took it away.
 * - `torn`: a start finds it on its way to HEAD, as a kill or a power cut left it.
 */
export const fileStates = ['clean', 'written', 'edited', 'torn'] as const;
export type FileState = (typeof fileStates)[number];

/**
 * - `start`: the daemon starts and finds it so.
 * - `commit`: a durable commit changed it.
 * - `flush`: what was written of it is flushed.
 * - `differ`: it is not what imago wrote.
 * - `agree`: it is what imago wrote.
 * - `seen`: what somebody wrote is recorded, or refused and known.
 */
export const fileEvents = ['start', 'commit', 'flush', 'differ', 'agree', 'seen'] as const;
export type FileEvent = (typeof fileEvents)[number];

/**
 * - `write`: the content of the commit is written there, and is to be flushed.
 * - `hold`: the content of the commit waits, and the store is told of the edit.
 * - `tell`: the store is told, and takes the edit up or refuses it.
 * - `release`: what waited is written.
 * - `flush`: it is flushed before the mark of the work tree moves on.
 */
export type FileTask = 'write' | 'hold' | 'tell' | 'release' | 'flush';

export interface FileStep {
  readonly to: FileState;
  /** What is to be done; undefined for nothing. */
  readonly task?: FileTask;
}

const clean: FileStep = { to: 'clean' };
const rewritten: FileStep = { to: 'written', task: 'write' };
const told: FileStep = { to: 'edited', task: 'tell' };

/** Every step. No edit is written over before it is seen, and no torn file passes for an edit. */
const protocol: Readonly<Record<FileState, Readonly<Record<FileEvent, FileStep>>>> = {
  clean: {
    start: clean,
    commit: rewritten,
    flush: clean,
    differ: told,
    agree: clean,
    seen: clean,
  },
  written: {
    start: { to: 'written', task: 'flush' },
    commit: rewritten,
    flush: clean,
    differ: told,
    agree: { to: 'written' },
    seen: { to: 'written' },
  },
  edited: {
    start: told,
    commit: { to: 'edited', task: 'hold' },
    flush: { to: 'edited' },
    differ: told,
    // Also an edit that was taken back is told: nothing of it is to be left.
    agree: { to: 'clean', task: 'tell' },
    seen: { to: 'written', task: 'release' },
  },
  torn: {
    start: rewritten,
    commit: rewritten,
    flush: { to: 'torn' },
    differ: told,
    agree: clean,
    seen: { to: 'torn' },
  },
};

export function stepOf(state: FileState, event: FileEvent): FileStep {
  return protocol[state][event];
}
