/** PR_SET_DUMPABLE of prctl(2). */
const SET_DUMPABLE = 4;
/** RLIMIT_CORE of getrlimit(2). */
const CORE = 4;
/** Soft and hard limit, both none. */
const NOTHING = new Uint8Array(16);

/**
 * Keeps the memory of this process, with tokens, keys and passwords in it, from being written to disk when it crashes, and other processes
 * of its user from reading it. Programs that it starts inherit the limit, which a handler of the system's may overlook; they have few secrets, or none.
 * @returns why that could not be done
 */
export async function forbidCoreDumps(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load(null);
    const prctl = libc.func(
      'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
    );
    const setrlimit = libc.func('int setrlimit(int resource, const void *limits)');
    if (setrlimit(CORE, NOTHING) !== 0) return 'the system refuses the limit RLIMIT_CORE';
    if (prctl(SET_DUMPABLE, 0, 0, 0, 0) !== 0) return 'the system refuses PR_SET_DUMPABLE';
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return `koffi: ${error.message}`;
  }
}
