/** What a machine says of itself: the parameters of its query, the first value of each. */
export type Labels = ReadonlyMap<string, string>;

/** Whether a label or a selector of this name holds a hardware address. */
export function isMacName(name: string): boolean {
  return name.toLowerCase() === 'mac';
}

const FORMS = [
  /^[0-9a-f]{2}(:[0-9a-f]{2})+$/,
  /^[0-9a-f]{2}(-[0-9a-f]{2})+$/,
  /^[0-9a-f]{4}(\.[0-9a-f]{4})+$/,
];
/** Digits of EUI-48, EUI-64, and an address of IP over InfiniBand. */
const LENGTHS: ReadonlySet<number> = new Set([12, 16, 40]);

/** A hardware address in lower case with colons, as Go's net.ParseMAC takes and shows it; undefined for what is none. */
export function normalMac(text: string): string | undefined {
  const lower = text.length > 59 ? '' : text.toLowerCase();
  if (!FORMS.some((form) => form.test(lower))) return undefined;
  const digits = lower.replace(/[:.-]/g, '');
  return LENGTHS.has(digits.length) ? digits.replace(/(..)(?!$)/g, '$1:') : undefined;
}

/** The labels of a query, as it was written. @param ignored is told a `mac` that is no hardware address: it is no label */
export function labelsOf(query: string, ignored: (mac: string) => void = () => undefined): Labels {
  const labels = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of pairsOf(query)) {
    if (seen.has(name)) continue;
    seen.add(name);
    const fit = isMacName(name) ? normalMac(value) : value;
    if (fit === undefined) ignored(value);
    else labels.set(name, fit);
  }
  return labels;
}

/** Pairs that Go's url.Values would have: those with a semicolon, or a per cent sign that begins no byte, are left out. */
function* pairsOf(query: string): Iterable<readonly [name: string, value: string]> {
  for (const pair of query.split('&')) {
    if (pair === '' || pair.includes(';')) continue;
    const equals = pair.indexOf('=');
    const name = unescaped(equals < 0 ? pair : pair.slice(0, equals));
    const value = unescaped(equals < 0 ? '' : pair.slice(equals + 1));
    if (name !== undefined && value !== undefined) yield [name, value];
  }
}

function unescaped(text: string): string | undefined {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  if (/%(?![0-9a-fA-F]{2})/.test(spaced)) return undefined;
  const bytes = Buffer.from(spaced).toString('latin1');
  const whole = bytes.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(whole, 'latin1').toString('utf8');
}
