import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DhcpSettings } from '../../src/dhcp/policy/settings.js';
import { parseIpv4, parseSubnet } from '../../src/net/ipv4.js';

export const SERVER = '10.75.0.1';
export const LOAD = '10.75.0.2';
const LEASE_SECONDS = 3600;
const FIRST = '10.75.1.0';
const LAST = '10.75.250.255';

/** A DHCP server that can be started in a folder of its own, on the interface prov0. */
export interface ServerKind {
  readonly name: string;
  readonly program: string;
  /** What a client with an ACK in its hand can rely on. */
  readonly leases: string;
  start(folder: string, namespace: string): ChildProcess;
}

const settings: DhcpSettings = {
  mode: 'server',
  serverAddress: parseIpv4(SERVER),
  authoritative: false,
  subnets: [
    {
      subnet: parseSubnet('10.75.0.0/16'),
      pool: { first: parseIpv4(FIRST), last: parseIpv4(LAST) },
      leaseSeconds: LEASE_SECONDS,
      routers: [parseIpv4(SERVER)],
      dnsServers: [parseIpv4(SERVER)],
      ntpServers: [],
    },
  ],
  leaseFixedAddresses: false,
  reservations: [],
  deny: [],
  identifyBy: 'mac',
  offerSeconds: 30,
  declineSeconds: 600,
  probe: true,
  routerAdvertisement: false,
  leasesPerRelayPort: 0,
  boot: { bootUrl: `http://${SERVER}:4080/boot.ipxe`, tftpServer: parseIpv4(SERVER), loaderBaseUrl: '' },
};

const imago: ServerKind = {
  name: 'imago',
  program: process.execPath,
  leases: 'survive power loss',
  start(folder, namespace) {
    const server = {
      interfaceName: 'prov0',
      serverAddress: settings.serverAddress,
      allowOtherNetworks: false,
      journalPath: join(folder, 'leases.jsonl'),
    };
    const daemon = fileURLToPath(new URL('../../test/integration/dhcp-daemon.js', import.meta.url));
    return inNamespace(namespace, process.execPath, [
      daemon,
      JSON.stringify({ settings, server, verbose: false }),
    ]);
  },
};

const kea: ServerKind = {
  name: 'kea',
  program: 'kea-dhcp4',
  leases: 'survive kill -9',
  start(folder, namespace) {
    const file = join(folder, 'kea.json');
    writeFileSync(
      file,
      JSON.stringify({
        Dhcp4: {
          'interfaces-config': { interfaces: ['prov0'], 'dhcp-socket-type': 'udp' },
          'lease-database': {
            type: 'memfile',
            persist: true,
            name: join(folder, 'leases.csv'),
            'lfc-interval': 0,
          },
          'valid-lifetime': LEASE_SECONDS,
          'option-data': [
            { name: 'routers', data: SERVER },
            { name: 'domain-name-servers', data: SERVER },
          ],
          'client-classes': [
            {
              name: 'efi',
              test: "substring(option[60].hex,0,9) == 'PXEClient'",
              'next-server': SERVER,
              'boot-file-name': 'ipxe.efi',
            },
          ],
          subnet4: [{ subnet: '10.75.0.0/16', pools: [{ pool: `${FIRST} - ${LAST}` }] }],
          loggers: [
            { name: 'kea-dhcp4', severity: 'ERROR', output_options: [{ output: join(folder, 'log') }] },
          ],
        },
      }),
    );
    return inNamespace(namespace, 'kea-dhcp4', ['-c', file], {
      KEA_PIDFILE_DIR: folder,
      KEA_LOCKFILE_DIR: folder,
    });
  },
};

const dnsmasq: ServerKind = {
  name: 'dnsmasq',
  program: 'dnsmasq',
  leases: 'survive kill -9',
  start(folder, namespace) {
    return inNamespace(namespace, 'dnsmasq', [
      '--keep-in-foreground',
      '--conf-file=/dev/null',
      '--user=root',
      '--port=0',
      '--interface=prov0',
      `--dhcp-range=${FIRST},${LAST},255.255.0.0,${LEASE_SECONDS}`,
      '--no-ping',
      '--dhcp-lease-max=100000',
      '--dhcp-boot=ipxe.efi',
      '--quiet-dhcp',
      `--dhcp-leasefile=${join(folder, 'leases')}`,
      `--pid-file=${join(folder, 'pid')}`,
    ]);
  },
};

export const kinds: readonly ServerKind[] = [imago, kea, dnsmasq];

function inNamespace(
  namespace: string,
  program: string,
  args: string[],
  environment: NodeJS.ProcessEnv = {},
) {
  return spawn('ip', ['netns', 'exec', namespace, program, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...environment },
  });
}

/** User and system time of a process so far. `ip netns exec` becomes the program it runs. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export function residentMiB(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(match?.[1] ?? 0) / 1024;
}
