import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { ip, packet, parse, type ParsedPacket } from '../../test/unit/dhcp/packets.js';

const TRY_MS = 2000;
const TRIES = 30;
const BROADCAST = 0x8000;
/** What EDK2 and iPXE ask for, and that this is a PXE client of a BIOS. */
const FIRMWARE: readonly (readonly [number, string])[] = [
  [55, '0103060c0f2b3642436180'],
  [60, Buffer.from('PXEClient:Arch:00000:UNDI:002001').toString('hex')],
  [93, '0000'],
];

/** Leases of many cards by one socket: answers are broadcast. */
export class DhcpClient {
  readonly #waiting = new Map<string, (answer: ParsedPacket) => void>();
  #transaction = 0x51e6_0000;

  private constructor(private readonly socket: Socket) {
    socket.on('message', (bytes) => {
      const answer = parse(bytes);
      this.#waiting.get(keyOf(answer.xid, answer.chaddr))?.(answer);
    });
  }

  static async open(): Promise<DhcpClient> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    socket.bind(68);
    await once(socket, 'listening');
    socket.setBroadcast(true);
    return new DhcpClient(socket);
  }

  /** The address that the card was leased. @throws Error when none came after a minute */
  async lease(mac: string): Promise<string> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      const offer = await this.#ask(mac, [[53, '01'], ...FIRMWARE]);
      if (!offer || offer.options[53] !== '02') continue;
      const selected: [number, string][] = [
        [50, ip(offer.yiaddr)],
        [54, offer.options[54] ?? ''],
      ];
      const answer = await this.#ask(mac, [[53, '03'], ...selected, ...FIRMWARE]);
      if (answer?.options[53] === '05') return answer.yiaddr;
      await pause(500);
    }
    throw new Error(`${mac} was leased no address`);
  }

  close(): void {
    this.socket.close();
  }

  async #ask(
    mac: string,
    options: readonly (readonly [number, string])[],
  ): Promise<ParsedPacket | undefined> {
    this.#transaction += 1;
    const xid = this.#transaction;
    const key = keyOf(xid, mac);
    const answered = new Promise<ParsedPacket>((resolve) => this.#waiting.set(key, resolve));
    this.socket.send(packet({ xid, chaddr: mac, flags: BROADCAST, options }), 67, '255.255.255.255');
    const answer = await Promise.race([answered, pause(TRY_MS, undefined)]);
    this.#waiting.delete(key);
    return answer;
  }
}

/** As clients look at it: an answer under one's number may be for another card. */
function keyOf(xid: number, chaddr: string): string {
  return `${xid} ${chaddr.replaceAll(':', '').toLowerCase().slice(0, 12)}`;
}
