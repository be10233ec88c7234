import { defaultListFields, listFieldNames } from '../../src/cli/render-list.js';

const BEGIN = '<!-- fields: written by `npm run docs` -->\n';
const END = '<!-- end of fields -->\n';

/** docs/imagoctl.md with the fields that `list` has; all else stays. */
export function withFieldNames(page: string): string {
  const [before, rest] = cutAt(page, BEGIN);
  const [, after] = cutAt(rest, END);
  const usual = defaultListFields.split(',');
  const others = listFieldNames.filter((name) => !usual.includes(name));
  return `${before}${BEGIN}The columns are Mayu's: \`${usual.join(' ')}\`. Others to choose with \`--fields\`:
\`${others.join(' ')}\`.
${END}${after}`;
}

function cutAt(text: string, mark: string): [before: string, after: string] {
  const at = text.indexOf(mark);
  if (at < 0) throw new Error(`docs/imagoctl.md has no line ${mark.trim()}`);
  return [text.slice(0, at), text.slice(at + mark.length)];
}
