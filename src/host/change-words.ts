/**
 * What a change is: its code, for programs, and the words of its commit, for people. Codes stay, words may change. An
 * ellipsis stands for a detail. Both ways, writing and reading history, go by this table.
 */
export const changeWords = {
  created: 'host created',
  predefined: 'updated with predefined settings',
  address: 'updated host InternalAddr',
  'extra-addresses': 'updated host extra addresses',
  profile: 'updated host profile and metadata',
  'default-etcd-token': 'set default etcd discovery token',
  'etcd-token': 'updated host etcd cluster token',
  'cards-seen': 'collected host mac addresses',
  cards: 'updated host network cards',
  /** What it is made of, as its installer tells. */
  hardware: 'collected host hardware',
  'connected-nic': 'updated host connected nic',
  'bmc-address': 'updated host ipmi address',
  /** Its state, as an operator orders it, or as it fetches its configuration. */
  state: 'updated host state to …',
  /** Its state, as the machine reports it. */
  reported: 'updated state to …',
  fresh: 'host flagged as fresh',
  'last-boot': 'updated host last boot',
  metadata: 'updated host metadata',
  'provider-id': 'updated host provider id',
  cabinet: 'updated host cabinet',
  position: 'updated host machine on cabinet',
  hostname: 'updated host name',
  overrides: 'updated host overrides: …',
  locked: 'locked: …',
  unlocked: 'unlocked',
  'rolled-back': 'rolled back to …',
  retired: 'host retired',
  forgotten: 'host forgotten: it never came to be installed',
  edited: 'edited conf.json',
  'edit-refused': 'refused an edit: …',
  'changed-elsewhere': 'changed elsewhere',
  'retired-elsewhere': 'retired elsewhere',
} as const;

export type ChangeCode = keyof typeof changeWords;

/** Of old words an entry of their own stays here, so that the commits that have them keep their code. */
const vocabulary: readonly (readonly [words: string, code: ChangeCode])[] = Object.entries(changeWords).map(
  ([code, words]) => [words, code as ChangeCode],
);
const codes = new Map(vocabulary);
const openings = vocabulary
  .filter(([words]) => words.endsWith('…'))
  .map(([words, code]) => [words.slice(0, -1), code] as const);

/** The words of a change that has a detail. */
export function wordsWith(code: ChangeCode, detail: string): string {
  return changeWords[code].replace('…', () => detail);
}

/** The code of a change by its words; undefined for a commit in somebody's own words. */
export function changeCodeOf(words: string): ChangeCode | undefined {
  return codes.get(words) ?? openings.find(([opening]) => words.startsWith(opening))?.[1];
}
