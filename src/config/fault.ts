import { cleanText } from '../errors.js';

export type FaultPath = readonly (string | number)[];

/** What is wrong with one setting, and what would be right. */
export interface Fault {
  readonly path: FaultPath;
  readonly message: string;
}

/** `profiles[1].boot.kernel` */
export function showPath(path: FaultPath): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : `${text}${text && '.'}${cleanText(step)}`,
    '',
  );
}

/** What stands at a path of a document that no schema has seen yet; undefined for what is not there. */
export function valueAt(raw: unknown, path: FaultPath): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, step)
        ? (value as Readonly<Record<string | number, unknown>>)[step]
        : undefined,
    raw,
  );
}
