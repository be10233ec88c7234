const TAKE_A_VALUE: readonly string[] = ['--host', '--port', '--output', '-o'];
const STAND_ALONE: ReadonlySet<string> = new Set(['--tls', '--no-tls', '--json']);

/**
 * Flags that every command has may stand before it: `imagoctl --host rack1 list`. oclif wants the command first. What it would
 * not know there anyway stays where it is, so that its error names it.
 */
export function commandFirst(argv: readonly string[]): string[] {
  let length = 0;
  for (let word = argv[length]; word !== undefined; word = argv[length]) {
    if (TAKE_A_VALUE.includes(word)) length += 2;
    else if (STAND_ALONE.has(word) || TAKE_A_VALUE.some((flag) => word.startsWith(`${flag}=`))) length += 1;
    else break;
  }
  const [command, ...rest] = argv.slice(length);
  return command === undefined || command.startsWith('-')
    ? [...argv]
    : [command, ...argv.slice(0, length), ...rest];
}
