import { dialects, disguises, races, type Disguise, type Row } from '../../test/attack/rows.js';

const BEGIN = '<!-- made from test/attack/rows.ts -->';
const END = '<!-- end -->';

/** docs/security.md with its table of attacks, made of what the tests try. @throws Error where the page has no place for it */
export function withAttacks(page: string): string {
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`docs/security.md has no ${BEGIN} … ${END}`);
  const rows: readonly (Row & Pick<Disguise, 'at'>)[] = [...disguises, ...races, ...dialects];
  const table = [
    '| B comes with | and gets |',
    '| --- | --- |',
    ...rows.map((row) => `| ${row.name} | ${outcomeOf(row)} |`),
  ];
  return `${page.slice(0, from)}${BEGIN}\n\n${table.join('\n')}\n\n${page.slice(to)}`;
}

function outcomeOf({ remains, at }: Row & Pick<Disguise, 'at'>): string {
  if (remains === undefined) return 'nothing';
  return at === undefined
    ? `**what is A’s.** ${remains}`
    : `nothing; but ${at.inWords}, **what is A’s.** ${remains}`;
}
