// Says which files of src have a function that runs from the moment a DISCOVER is in the socket until its OFFER has left, one a line, as
// V8 counts calls. The server is that of the daemon, on sockets bound to the loopback interface, its policy made from settings; the client
// is firmware behind a relay. Needs a build, and Linux.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { knownHostsOf } from '../dist/src/daemon/dhcp-settings.js';
import { dhcpPolicy } from '../dist/src/dhcp/policy/decide.js';
import { DhcpServer } from '../dist/src/dhcp/server.js';
import { packet } from '../dist/test/unit/dhcp/packets.js';
import { settings, provisioning } from '../dist/test/unit/dhcp/policy/dhcp-world.js';
import { parseIpv4 } from '../dist/src/net/ipv4.js';
import { parseSubnet } from '../dist/src/net/ipv4.js';

const SERVER = '127.0.0.1';
const RELAY = '127.0.0.2';
const SOURCE = new URL('../dist/src/', import.meta.url).href;

const folder = mkdtempSync(join(tmpdir(), 'imago-discover-'));
const port = await freePort();
const server = new DhcpServer(
  dhcpPolicy(
    {
      ...settings,
      serverAddress: parseIpv4(SERVER),
      subnets: [
        {
          ...provisioning,
          subnet: parseSubnet('127.0.0.0/24'),
          pool: { first: parseIpv4('127.0.0.20'), last: parseIpv4('127.0.0.99') },
        },
      ],
    },
    knownHostsOf({ hostByMac: () => ({ serial: 'a', profile: 'b', hostname: 'c' }) }, { profiles: [], hosts: [] }),
  ),
  {
    interfaceName: 'lo',
    serverAddress: parseIpv4(SERVER),
    allowOtherNetworks: false,
    journalPath: join(folder, 'leases.jsonl'),
    ports: { server: port, client: port },
  },
  { log: silentLog(), observer: silentObserver(), clock: Date.now },
);
await server.start();
const relay = createSocket({ type: 'udp4', reuseAddr: true });
relay.bind(port, RELAY);
await once(relay, 'listening');

const session = new Session();
session.connect();
await session.post('Profiler.enable');
await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
await session.post('Profiler.takePreciseCoverage');
const options = [
  [53, '01'],
  [60, Buffer.from('PXEClient:Arch:00007:UNDI:003016').toString('hex')],
  [93, '0007'],
  [55, '0103060c0f1c2a42433c2b'],
];
relay.send(packet({ giaddr: RELAY, hops: 1, chaddr: '52:54:00:00:00:01', options }), port, SERVER);
const [offer] = await once(relay, 'message', { signal: AbortSignal.timeout(10_000) });
const { result } = await session.post('Profiler.takePreciseCoverage');
session.disconnect();
relay.close();
await server.close();
rmSync(folder, { recursive: true });

if (offer.readUInt32BE(16) !== parseIpv4('127.0.0.20')) throw new Error('that was no OFFER of the pool');
const files = result.filter(({ url, functions }) => url.startsWith(SOURCE) && functions.some(wasCalled));
for (const name of files.map(({ url }) => url.slice(SOURCE.length).replace(/js$/, 'ts')).sort()) console.log(name);

/** Not the module itself, which runs when it is loaded. */
function wasCalled({ functionName, ranges }) {
  const [whole] = ranges;
  return whole.count > 0 && !(functionName === '' && whole.startOffset === 0);
}

async function freePort() {
  const socket = createSocket('udp4');
  socket.bind(0, SERVER);
  await once(socket, 'listening');
  const { port: free } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return free;
}

function silentLog() {
  const nothing = () => undefined;
  return { isLevelEnabled: () => false, debug: nothing, info: nothing, warn: nothing, error: nothing };
}

function silentObserver() {
  return new Proxy({}, { get: () => () => undefined });
}
