import { isDeepStrictEqual } from 'node:util';
import { fitsPattern } from '../net/fits-pattern.js';
import type { Fault } from './fault.js';
import type { Config } from './schema.js';
import type { Parts } from './sound-parts.js';

/** What operators prove who they are by, where nothing would ask for it or no rule could come to its turn. */
export function operatorsFaults({ operators, listeners }: Parts<Config>): Fault[] {
  const { certificates, oidc } = operators ?? {};
  return [
    ...(listeners?.admin?.trusted === true
      ? (['certificates', 'oidc'] as const).filter((name) => operators?.[name] !== undefined).map(ofNoUse)
      : []),
    ...hidden(['certificates', 'roles'], certificates?.roles ?? [], (rule, earlier) =>
      earlier?.commonName !== undefined && rule?.commonName !== undefined
        ? covers(earlier.commonName, rule.commonName)
        : false,
    ),
    ...hidden(
      ['oidc', 'roles'],
      oidc?.roles ?? [],
      (rule, earlier) =>
        rule?.claim !== undefined &&
        rule.value !== undefined &&
        isDeepStrictEqual([rule.claim, rule.value], [earlier?.claim, earlier?.value]),
    ),
  ];
}

function ofNoUse(name: 'certificates' | 'oidc'): Fault {
  const message =
    'is of no use with listeners.admin.trusted, where whoever reaches the port commands: leave one of them out';
  return { path: ['operators', name], message };
}

function hidden<Rule>(
  path: readonly string[],
  rules: readonly Rule[],
  isHidden: (rule: Rule, earlier: Rule) => boolean,
): Fault[] {
  return rules.flatMap((rule, index): Fault[] => {
    const by = rules.slice(0, index).findIndex((earlier) => isHidden(rule, earlier));
    if (by < 0) return [];
    const message = `never comes to its turn, since rule ${by + 1} fits all that it fits: put it before that one, or leave it out`;
    return [{ path: ['operators', ...path, index], message }];
  });
}

/** Whether the first pattern surely fits whatever the second one does. A star in it takes the signs of the second for any text. */
function covers(first: string, second: string): boolean {
  const isSure = !second.includes('*') || (first.includes('*') && !first.includes('?'));
  return isSure && fitsPattern(second, first);
}
