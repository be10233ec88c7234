/** A message as TCP carries it: behind its length (RFC 1035 §4.2.2). */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** More than any query takes. */
export class MessageTooLong extends Error {
  override readonly name = 'MessageTooLong';
}

/** The messages of one TCP connection, as they become whole. */
export class MessageStream {
  #pending = Buffer.alloc(0);

  /** @param longest In bytes, of one message. */
  constructor(private readonly longest: number) {}

  /** @throws MessageTooLong */
  take(bytes: Buffer): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const messages: Buffer[] = [];
    while (this.#pending.length >= 2) {
      const length = this.#pending.readUInt16BE(0);
      if (length > this.longest) throw new MessageTooLong();
      if (this.#pending.length < 2 + length) break;
      messages.push(this.#pending.subarray(2, 2 + length));
      this.#pending = this.#pending.subarray(2 + length);
    }
    return messages;
  }
}
