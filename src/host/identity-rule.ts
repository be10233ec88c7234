export const identitySources = ['uuid', 'mac', 'boardSerial', 'chassisSlot'] as const;
export type IdentitySource = (typeof identitySources)[number];

/** Machines whose serial does not tell them apart, and what does. Patterns: `*` stands for any text, `?` for one character. */
export interface IdentityRule {
  readonly serial?: string | undefined;
  readonly manufacturer?: string | undefined;
  readonly product?: string | undefined;
  readonly by: IdentitySource;
}

type Described = { readonly [Field in 'serial' | 'manufacturer' | 'product']?: string | undefined };

/** The first rule that all patterns of fit. */
export function ruleFor(machine: Described, rules: readonly IdentityRule[]): IdentityRule | undefined {
  return rules.find((rule) =>
    (['serial', 'manufacturer', 'product'] as const).every((field) => {
      const pattern = rule[field];
      return pattern === undefined || fits(machine[field] ?? '', pattern);
    }),
  );
}

/** In either case. Takes no longer than the lengths multiplied, whatever a machine calls itself. */
function fits(text: string, pattern: string): boolean {
  const [have, want] = [text.trim().toLowerCase(), pattern.trim().toLowerCase()];
  let [at, next, star, mark] = [0, 0, -1, 0];
  while (at < have.length) {
    if (want[next] === '*') [star, mark, next] = [next, at, next + 1];
    else if (want[next] === '?' || want[next] === have[at]) [at, next] = [at + 1, next + 1];
    else if (star >= 0) [next, mark, at] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  return /^\**$/.test(want.slice(next));
}
