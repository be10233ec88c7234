import type { WeighedProfile } from '../api/explanation.js';

/** Which conditions of a profile keep a machine out; nothing where none does. */
export function whyNot({ conditions }: WeighedProfile): string {
  return conditions
    .filter(({ verdict }) => verdict !== 'holds')
    .map(
      ({ field, wanted, found }) =>
        `${field}: wants ${wanted}, ${found === undefined ? 'not told yet' : `found ${found}`}`,
    )
    .join('; ');
}

const meanings: Readonly<Record<WeighedProfile['verdict'], string>> = {
  takes: 'takes it',
  full: 'is full',
  fails: 'is for others',
  unknown: 'cannot tell yet',
  later: 'is asked after the one that takes it',
};

/** As in `is full: 2 of 2`. */
export function verdictWords(profile: WeighedProfile): string {
  const { verdict, hosts, quantity } = profile;
  const reason = verdict === 'full' ? `${hosts} of ${quantity}` : whyNot(profile);
  return reason === '' ? meanings[verdict] : `${meanings[verdict]}: ${reason}`;
}
