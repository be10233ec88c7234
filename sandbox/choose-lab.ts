import { UsageError } from './options.js';

const FLAG = '--sandbox';

/** What follows `exec` or `reset`: the sandbox that is meant, if it is said, and the rest. */
export function sandboxNamed(words: readonly string[]): {
  readonly name?: string;
  readonly rest: readonly string[];
} {
  const [first = '', second, ...others] = words;
  if (first.startsWith(`${FLAG}=`)) return { name: first.slice(FLAG.length + 1), rest: words.slice(1) };
  if (first !== FLAG) return { rest: words };
  if (second === undefined) throw new UsageError(`${FLAG} needs the name of a sandbox`);
  return { name: second, rest: others };
}

/**
 * The one that is meant. Of several none is taken by chance: a reset of the wrong one is no good surprise.
 * @param name as it is shown, or the number at its end.
 * @throws UsageError
 */
export function chooseLab(running: readonly string[], name?: string): string {
  const [first, ...others] = running;
  if (first === undefined) throw new UsageError('no sandbox is running: start one with ./bin/sandbox --keep');
  const names = running.join(', ');
  if (name !== undefined) {
    const found = running.find((lab) => lab === name || lab.endsWith(`-${name}`));
    if (found === undefined) throw new UsageError(`no sandbox ${name} is running: choose from ${names}`);
    return found;
  }
  if (others.length > 0) {
    throw new UsageError(
      `${running.length} sandboxes are running: say which with ${FLAG} NAME, one of ${names}`,
    );
  }
  return first;
}

/** @param machines serials of the sandbox. @throws UsageError */
export function chooseMachine(machines: readonly string[], serial: string | undefined): string {
  if (machines.length === 0) throw new UsageError('this sandbox has no machines');
  const names = machines.join(', ');
  if (serial === undefined) throw new UsageError(`name the machine: one of ${names}`);
  const found = machines.find((machine) => machine === serial.toUpperCase());
  if (found === undefined) throw new UsageError(`the sandbox has no machine ${serial}: choose from ${names}`);
  return found;
}
