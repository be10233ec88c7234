import { DecodeError } from '../../src/errors.js';
import { negotiate } from '../../src/tftp/negotiation.js';
import { decodePacket, encodePacket } from '../../src/tftp/packet.js';

/** Any bytes are a packet or a DecodeError; what was read can be written and read again; options are always agreed on. */
export function fuzz(bytes: Uint8Array): void {
  let packet;
  try {
    packet = decodePacket(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return;
    throw error;
  }
  const again = decodePacket(encodePacket(packet));
  if (again.kind !== packet.kind) throw new Error(`a ${packet.kind} became a ${again.kind}`);
  if (packet.kind !== 'rrq') return;
  const negotiation = negotiate(packet.options, bytes.length);
  if (negotiation.kind === 'refused') return;
  const { blockSize, windowSize, timeoutSeconds = 1, acknowledged } = negotiation.agreement;
  if (blockSize < 8 || blockSize > 65464) throw new Error(`a block of ${blockSize}`);
  if (windowSize < 1 || windowSize > 64) throw new Error(`a window of ${windowSize}`);
  if (timeoutSeconds < 1 || timeoutSeconds > 255) throw new Error(`a timeout of ${timeoutSeconds}`);
  for (const name of acknowledged.keys()) {
    if (!packet.options.has(name)) throw new Error(`${name} was not asked for`);
  }
}
