/** Colours are for people: never in a pipe or a file (https://no-color.org). */
export function wantsColor(): boolean {
  return process.stdout.isTTY && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb';
}
