import { formatIpv4, toIpv4 } from '../../src/net/ipv4.js';
import { Connection, type Answer } from './http-call.js';

/** Who opens a connection for what. */
export type Connections =
  /** As firmware and scripts do: iPXE keeps its connection from one file to the next, each curl has one of its own. */
  | 'like-clients'
  /** One for the whole life. */
  | 'keep-alive';

export interface Call {
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  readonly body?: string;
  readonly status: number;
  /** What the answer must hold. */
  readonly says?: string;
  /** On the connection of the call before it. */
  readonly goesOn?: boolean;
  /** What machines fetch besides: it neither knows nor changes the host, or only reads what an earlier call made. */
  readonly isAside?: boolean;
}

/** How machines come along. */
export interface Manner {
  readonly connections: Connections;
  /** Only the five calls that carry the host on: boot script, first-stage script, configuration, installed, running. */
  readonly isShort: boolean;
}

export interface Timing {
  readonly call: string;
  readonly milliseconds: number;
}

/** Serials of one vendor: they share their first letters. */
export function serialOf(number: number): string {
  return `sgh${String(100_000 + number)}xk`;
}

export function macOf(number: number): string {
  return `52:54:00:${[16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`;
}

/** Where machines ask from: each has an address of its own on loopback. */
function addressOf(number: number): string {
  return formatIpv4(toIpv4(0x7f4c0001 + number));
}

/** One life: from the network into the installer, installed, from the network to its disk, running. Images are left out. */
export function lifeOf(number: number): readonly Call[] {
  const serial = serialOf(number);
  const mac = macOf(number);
  const uuid = `4c4c4544-0000-1000-8000-${number.toString(16).padStart(12, '0')}`;
  const query = `uuid=${uuid}&mac=${mac.replaceAll(':', '-')}&serial=${serial.toUpperCase()}&arch=x86_64&platform=pcbios&product=bench&manufacturer=imago&asset=`;
  const report = JSON.stringify({
    Serial: serial,
    NetDevs: [
      { Name: 'eth0', MacAddress: mac },
      { Name: 'eth1', MacAddress: mac.replace('52:54', '52:55') },
    ],
    IPMIAddress: formatIpv4(toIpv4(0xac100001 + number)),
    ConnectedNIC: 'eth0',
  });
  const ipxe = {
    name: 'boot script',
    method: 'GET',
    path: `/ipxe?${query}`,
    status: 200,
    goesOn: true,
  } as const;
  const boot = {
    name: 'boot.ipxe',
    method: 'GET',
    path: '/boot.ipxe',
    status: 200,
    says: '#!ipxe',
    isAside: true,
  } as const;
  return [
    boot,
    { ...ipxe, says: '/first-stage-script/' },
    {
      name: 'first-stage script',
      method: 'GET',
      path: `/first-stage-script/${serial}`,
      status: 200,
      says: '#!',
    },
    {
      name: 'hostinfo-helper',
      method: 'GET',
      path: '/hostinfo-helper',
      status: 200,
      says: '#!',
      isAside: true,
    },
    {
      name: 'configuration',
      method: 'POST',
      path: '/final-ignition-config.json',
      body: report,
      status: 200,
      says: '"ignition"',
    },
    { name: 'set_installed', method: 'PUT', path: `/admin/host/${serial}/set_installed`, status: 202 },
    boot,
    { ...ipxe, name: 'boot script (disk)', says: 'sanboot', isAside: true },
    {
      name: 'boot_complete',
      method: 'PUT',
      path: `/admin/host/${serial}/boot_complete`,
      body: '{"CoreOSVersion":"bench","DockerVersion":"28.5.1"}',
      status: 202,
    },
  ];
}

/** @throws Error at the first answer that is not as it should be. */
export async function live(
  number: number,
  server: { readonly host: string; readonly port: number },
  { connections, isShort }: Manner,
  timings: Timing[],
): Promise<void> {
  let connection: Connection | undefined;
  try {
    for (const call of lifeOf(number).filter(({ isAside }) => !(isShort && isAside))) {
      const asked = performance.now();
      if (connections === 'like-clients' && !call.goesOn) {
        connection?.close();
        connection = undefined;
      }
      connection ??= new Connection(server, addressOf(number));
      const answer = await connection.call(call.method, call.path, call.body);
      timings.push({ call: call.name, milliseconds: performance.now() - asked });
      if (!isRight(answer, call)) {
        throw new Error(`${call.name} of ${serialOf(number)}: ${answer.status} ${answer.body.slice(0, 200)}`);
      }
    }
  } finally {
    connection?.close();
  }
}

function isRight({ status, body }: Answer, call: Call): boolean {
  return status === call.status && body.includes(call.says ?? '');
}
