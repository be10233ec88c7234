import { createHmac, timingSafeEqual } from 'node:crypto';

const TAG_BYTES = 16;

/**
 * Texts in URLs that nobody makes but who has the key: base64url, without `=`, so that they stand in paths and on kernel command lines.
 * What is signed for one purpose is good for no other.
 */
export class TextSigner {
  constructor(
    private readonly key: Uint8Array,
    private readonly purpose: string,
  ) {}

  sign(text: string): string {
    return `${Buffer.from(text).toString('base64url')}.${this.#tagOf(text).toString('base64url')}`;
  }

  /** The text; undefined where somebody else made the token. */
  read(token: string): string | undefined {
    const [body = '', tag = '', ...more] = token.split('.');
    if (more.length > 0) return undefined;
    const text = Buffer.from(body, 'base64url').toString();
    const given = Buffer.from(tag, 'base64url');
    const isOurs =
      given.length === TAG_BYTES && timingSafeEqual(given, this.#tagOf(text)) && this.sign(text) === token;
    return isOurs ? text : undefined;
  }

  #tagOf(text: string): Buffer {
    const whole = createHmac('sha256', this.key).update(`${this.purpose}\0${text}`).digest();
    return whole.subarray(0, TAG_BYTES);
  }
}
