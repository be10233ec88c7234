import type { Languages, Template } from './languages.js';

interface Parsed {
  readonly text: Buffer;
  readonly template: Template;
}

/** Of their texts, in bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Templates as they were parsed last; the longest unused go first. One whose text has changed is parsed again. */
export class TemplateCache {
  readonly #parsed = new Map<string, Parsed>();
  #bytes = 0;

  constructor(private readonly languages: Pick<Languages, 'template'>) {}

  /** @throws ImagoError */
  get(name: string, text: Buffer): Template {
    const known = this.#parsed.get(name);
    this.#forget(name);
    const parsed = known?.text.equals(text) ? known : { text, template: this.languages.template(name, text) };
    this.#parsed.set(name, parsed);
    this.#bytes += text.length;
    for (const oldest of this.#parsed.keys()) {
      if (this.#bytes <= MOST_BYTES) break;
      this.#forget(oldest);
    }
    return parsed.template;
  }

  #forget(name: string): void {
    this.#bytes -= this.#parsed.get(name)?.text.length ?? 0;
    this.#parsed.delete(name);
  }
}
