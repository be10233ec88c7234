/** A table of YAML. */
export type Table = Readonly<Record<string, unknown>>;

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function tableIn(table: Table, key: string): Table {
  const value = table[key];
  return isTable(value) ? value : {};
}

export function textIn(table: Table, key: string): string | undefined {
  const value = table[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function rangeOf(table: Table): { readonly first: string; readonly last: string } | undefined {
  const first = addressIn(table, 'start');
  const last = addressIn(table, 'end');
  return first === undefined || last === undefined ? undefined : { first, last };
}

export function addressIn(table: Table, key: string): string | undefined {
  const text = textIn(table, key);
  return text !== undefined && isAddress(text) ? text : undefined;
}

export function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) < 256);
}

export function sizeOf(value: unknown): number | undefined {
  const size = Number(value);
  return Number.isInteger(size) && size > 0 && size <= 32 ? size : undefined;
}

export function toNumber(address: string): number {
  return address.split('.').reduce((number, part) => number * 256 + Number(part), 0);
}

export function networkOf(number: number, bits: number): number {
  const size = 2 ** (32 - bits);
  return Math.floor(number / size) * size;
}

export function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.');
}
