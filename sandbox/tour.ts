/** One thing to try: the words after ./bin/sandbox. */
export interface Stop {
  readonly words: readonly string[];
  readonly purpose: string;
}

const metrics: Stop = {
  words: ['exec', 'sh', '-c', 'curl -s --unix-socket $IMAGO_SOCKET http://localhost/metrics'],
  purpose: 'what imago counts',
};

/** What to look at in a sandbox that runs, around one of its machines; the end-to-end test goes the whole way. */
export function tour(serial: string): Stop[] {
  const stops = [
    ['exec imagoctl list', 'what imago knows of its machines'],
    [`exec imagoctl status ${serial}`, 'all of one machine'],
    [`exec imagoctl history ${serial}`, 'who changed what, from Git'],
    [`exec imagoctl explain ${serial}`, 'what it would boot now, and why'],
    [`exec imagoctl power status ${serial}`, 'whether it is on, from its BMC; and on, off, cycle, …'],
    [`exec imagoctl reinstall ${serial} --yes`, 'install it again, through its BMC'],
  ] as const;
  return [...stops.map(([words, purpose]) => ({ words: words.split(' '), purpose })), metrics];
}

/** Where there is no machine yet: how to tell of one, and to play its boot. */
export function tourWithoutMachines(): Stop[] {
  const stops = [
    ['exec imagoctl add new1', 'tell of a machine before it boots'],
    ['exec imagoctl simulate boot new1 --firmware uefi', 'play its boot, step by step'],
    ['exec imagoctl list', 'what imago knows of its machines'],
    ['exec imagoctl status new1', 'all of one machine'],
    ['exec imagoctl history new1', 'who changed what, from Git'],
  ] as const;
  return [...stops.map(([words, purpose]) => ({ words: words.split(' '), purpose })), metrics];
}

/** @param sandbox its name, where it is not the only one. */
export function tourLines(stops: readonly Stop[], sandbox?: string): string[] {
  const choice = sandbox === undefined ? [] : ['--sandbox', sandbox];
  const commands = stops.map(({ words: [command = '', ...rest] }) =>
    ['./bin/sandbox', command, ...choice, ...rest].map(shellWord).join(' '),
  );
  const width = Math.max(...commands.map(({ length }) => length));
  return stops.map(({ purpose }, index) => `  ${(commands[index] ?? '').padEnd(width)}  # ${purpose}`);
}

function shellWord(word: string): string {
  return /^[\w./:=-]+$/.test(word) ? word : `'${word}'`;
}
