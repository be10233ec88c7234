import { DecodeError } from '../../src/errors.js';
import { encodeReply, LONGEST_REPLY, replyBound } from '../../src/dhcp/reply.js';
import { decodeMessage, readOption } from '../../src/dhcp/message.js';
import { encodeRawOption, options } from '../../src/dhcp/options.js';

const out = Buffer.alloc(LONGEST_REPLY);

/** Any bytes are a message or a DecodeError; what was read can be written, and reads back the same. */
export function fuzz(bytes: Buffer): void {
  const message = unlessMalformed(() => decodeMessage(bytes));
  if (message === undefined) return;
  for (const type of Object.values(options)) unlessMalformed(() => readOption<unknown>(message, type));

  const kept = [...message.options].filter(([code]) => code !== 52 && code !== 53);
  const echoed = decodeMessage(
    encodeReply(
      {
        ...message,
        type: 5,
        options: kept.map(([code, value]) => encodeRawOption(code, value)),
        relayAgent: undefined,
        returnTo: 'client',
        maxLength: replyBound(undefined),
      },
      out,
    ),
  );
  for (const [code, value] of echoed.options) {
    if (code === 53) continue;
    // What did not fit is left out, whole.
    const original = message.options.get(code);
    if (original === undefined) throw new Error(`option ${code} came out of nowhere`);
    if (Buffer.compare(original, value) !== 0) throw new Error(`option ${code} has changed`);
  }
  if (echoed.xid !== message.xid || echoed.giaddr !== message.giaddr)
    throw new Error('the header has changed');
}

function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}
