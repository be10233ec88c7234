import { inspect } from 'node:util';

const SHOWN = '[secret]';

/** A password that shows itself nowhere by accident: not in logs, JSON, templates, stack traces or string concatenation. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Only for the call that hands it to the BMC. */
  reveal(): string {
    return this.#text;
  }

  /** The text with every occurrence of the secret blotted out, also in the forms in which tools and protocols echo it. */
  scrub(text: string): string {
    const forms = [
      this.#text,
      encodeURIComponent(this.#text),
      Buffer.from(this.#text).toString('base64'),
      JSON.stringify(this.#text).slice(1, -1),
      Buffer.from(this.#text).toString('hex'),
    ].filter((form) => form.length > 0);
    // The longest first: one form may be part of another.
    return [...new Set(forms)]
      .sort((a, b) => b.length - a.length)
      .reduce((scrubbed, form) => scrubbed.replaceAll(form, SHOWN), text);
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [inspect.custom](): string {
    return SHOWN;
  }
}
