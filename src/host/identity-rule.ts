import { fitsPattern } from '../net/fits-pattern.js';

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
      return pattern === undefined || fitsPattern(machine[field] ?? '', pattern);
    }),
  );
}
