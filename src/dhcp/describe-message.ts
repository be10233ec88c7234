import { cleanText } from '../errors.js';
import { formatIpv4 } from '../net/ipv4.js';
import type { DhcpMessage } from './message.js';
import { messageTypeName } from './message-types.js';
import { options } from './options.js';

/** The facts of a message for a log line. Never throws: it is wanted most where a message is odd. */
export function describeMessage(message: DhcpMessage): object {
  const text = (code: number): string | undefined => {
    const bytes = message.options.get(code);
    return bytes && cleanText(Buffer.from(bytes).toString('latin1'));
  };
  return {
    type: messageTypeName(message.options.get(options.messageType.code)?.[0] ?? 0),
    client: Buffer.from(message.chaddr)
      .toString('hex')
      .replace(/(..)(?!$)/g, '$1:'),
    xid: message.xid.toString(16),
    ...(message.giaddr === 0 ? {} : { relay: formatIpv4(message.giaddr) }),
    ...(message.ciaddr === 0 ? {} : { clientAddress: formatIpv4(message.ciaddr) }),
    vendorClass: text(options.vendorClass.code),
    hostname: text(options.hostName.code),
    ...(message.odd.length === 0 ? {} : { leftOut: message.odd.join(' ') }),
  };
}
