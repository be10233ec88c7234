const ESCAPE = String.fromCodePoint(0x1b);
/** ECMA-48 control sequences: cursor movements and colours of firmware menus. */
const controlSequence = new RegExp(`${ESCAPE}\\[[0-9;?]*[A-Za-z]`, 'g');

/** The last line of a console that says something, as plain text. */
export function lastConsoleLine(text: string): string {
  const lines = text
    .replace(controlSequence, '\n')
    .split(/[\r\n]+/)
    .map((line) => line.replace(/[^\x20-\x7e]/g, '').trim())
    .filter((line) => line.length > 2);
  return (lines.at(-1) ?? '').replace(/^(imago-sandbox|imago): /, '');
}
