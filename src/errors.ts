/** Facts of an error for logs and machine-readable answers: plain values only, never secrets. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

/**
 * The one family of errors that imago throws on purpose. `code` is stable and meant for programs; the message is one
 * sentence for people that names what was wrong, the value, and the remedy.
 */
export abstract class ImagoError extends Error {
  abstract readonly code: string;

  constructor(
    message: string,
    readonly facts: ErrorFacts = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A value from outside that cannot be what it claims to be. */
export class InvalidValue extends ImagoError {
  readonly code = 'INVALID_VALUE';

  /** @param field Where the value stood, where the caller does not know that himself. */
  constructor(
    private readonly what: string,
    private readonly value: unknown,
    private readonly remedy: string,
    field?: string,
  ) {
    const shown = showValue(value);
    const place = field === undefined ? '' : `${field}: `;
    super(`${place}${shown} is not ${what}: ${remedy}`, {
      what,
      value: shown,
      ...(field !== undefined && { field }),
    });
  }

  inField(field: string): InvalidValue {
    return new InvalidValue(this.what, this.value, this.remedy, field);
  }
}

/** Bytes that are not a well-formed message of their protocol. Nothing else may be thrown by a decoder. */
export class DecodeError extends ImagoError {
  readonly code = 'DECODE_ERROR';
}

/** A value that cannot be written where it is to stand. Who knows the place adds it. */
export class UnfitValue extends Error {
  override readonly name = 'UnfitValue';
}

/** As in `1 machine`, `2 machines`. @param noun whose plural ends in s */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Foreign text made fit for a log line or an error message: quoted, printable, at most 80 characters. Never throws. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const printable = cleanText(textOf(value).slice(0, FAR_MORE_THAN_SHOWN));
  return `'${printable.length > 80 ? shorten(printable, 78) : printable}'`;
}

const FAR_MORE_THAN_SHOWN = 1000;

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    // Nested too deeply, longer than a text may be, or no plain value.
    return Array.isArray(value) ? '[…]' : '{…}';
  }
}

/** At most so many UTF-16 units, with an ellipsis for what was cut off; never half a character. */
export function shorten(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const end = longest - 1;
  return `${text.slice(0, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end)}…`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Replaces everything that could forge or garble a log line (control, format and separator characters, lone surrogates). */
export function cleanText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{fffd}');
}

/** The same characters of JSON, or of a text in double quotes of YAML, as escapes: a reader gets what was there, a terminal does not. */
export function escapeText(json: string): string {
  if (PLAIN_LINES.test(json)) return json;
  return json.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (character) =>
    Array.from({ length: character.length }, (_, place) => hexEscape(character.charCodeAt(place))).join(''),
  );
}

const PLAIN_LINES = /^[\n -~]*$/;

function hexEscape(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}

const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'its file system is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk is full, for this user',
  ELOOP: 'its links lead in a circle',
};

/** Why the system did not open, read or write a file, for people. @param own what this use of it says of a code */
export function fileReason(error: unknown, own: Readonly<Record<string, string>> = {}): string {
  const code = errorCode(error) ?? '';
  return own[code] ?? fileReasons[code] ?? (code || String(error));
}

/** The system's name of an error, as in `ENOSPC`. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether nothing is there: no such name, or no folder where one should lead to it. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR';
}
