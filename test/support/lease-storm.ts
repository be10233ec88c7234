/**
 * A program of its own: a relay with machines behind it that lease their addresses over and over, as fast as the server answers. It
 * prints `<address> <MAC> <until>` for each ACK, `until` in milliseconds since 1970, at the earliest. Arguments: the relay's address,
 * the server's, how many machines there are, how many of them ask at the same time.
 */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { ip, packet, parse, type PacketFields } from '../unit/dhcp/packets.js';

const PORT = 67;
const RETRY_MS = 1000;
const [own = '', server = '', machines = '2000', atOnce = '200'] = process.argv.slice(2);

const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
socket.bind(PORT, own);
await once(socket, 'listening');

/** By transaction: which machine, and when it asked. */
const asking = new Map<number, { readonly mac: string; readonly at: number }>();
let machine = 0;
let transaction = 0;

socket.on('message', (bytes) => {
  const answer = parse(bytes);
  const asked = asking.get(answer.xid);
  if (asked === undefined) return;
  asking.delete(answer.xid);
  if (answer.options[53] === '02') {
    const selected: [number, string][] = [
      [50, ip(answer.yiaddr)],
      [54, answer.options[54] ?? ''],
    ];
    ask(asked.mac, { options: [[53, '03'], ...selected] });
    return;
  }
  if (answer.options[53] === '05') {
    const seconds = Number.parseInt(answer.options[51] ?? '0', 16);
    process.stdout.write(`${answer.yiaddr} ${asked.mac} ${asked.at + seconds * 1000}\n`);
  }
  discover();
});

for (let count = 0; count < Number(atOnce); count += 1) discover();
setInterval(giveUpTheOld, RETRY_MS);

/** The server was killed, or a packet was lost: somebody else asks. */
function giveUpTheOld(): void {
  const now = Date.now();
  for (const [xid, { at }] of asking) {
    if (now - at < RETRY_MS) continue;
    asking.delete(xid);
    discover();
  }
}

function discover(): void {
  machine = (machine + 1) % Number(machines);
  const mac = `525400${machine.toString(16).padStart(6, '0')}`.replaceAll(/(..)(?!$)/g, '$1:');
  ask(mac, { options: [[53, '01']] });
}

function ask(mac: string, fields: PacketFields): void {
  transaction += 1;
  asking.set(transaction, { mac, at: Date.now() });
  socket.send(packet({ ...fields, xid: transaction, chaddr: mac, giaddr: own, hops: 1 }), PORT, server);
}
