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

  constructor(what: string, value: unknown, remedy: string) {
    const shown = showValue(value);
    super(`${shown} is not ${what}: ${remedy}`, { what, value: shown });
  }
}

/** Bytes that are not a well-formed message of their protocol. Nothing else may be thrown by a decoder. */
export class DecodeError extends ImagoError {
  readonly code = 'DECODE_ERROR';
}

/** Foreign text made fit for a log line or an error message: quoted, printable, at most 80 characters. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value);
  const printable = cleanText(text);
  return `'${printable.length > 80 ? `${printable.slice(0, 77)}…` : printable}'`;
}

/** Replaces everything that could forge or garble a log line (control, format and separator characters, lone surrogates). */
export function cleanText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{fffd}');
}
