import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../sandbox/process.js';
import { removeNetwork } from '../../sandbox/network.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { NetworkMachine } from './machine.js';

/** Two machines, A and B, on the wire of one real daemon. Its operators have to prove who they are; its machines, too. */
export class AttackLab {
  #namespaceOfB: string;

  private constructor(
    readonly daemon: DaemonLab,
    readonly a: NetworkMachine,
    readonly b: NetworkMachine,
    namespaceOfB: string,
  ) {
    this.#namespaceOfB = namespaceOfB;
  }

  /** @param victims How many machines the configuration names beforehand. @param trusted Operators are believed what they say. */
  static async create(
    name: string,
    victims: number,
    { trusted = false }: { readonly trusted?: boolean } = {},
  ): Promise<AttackLab> {
    const daemon = await DaemonLab.create(name);
    const leaseScript = join(daemon.folder, 'take-address');
    writeFileSync(leaseScript, NetworkMachine.leaseScriptText);
    chmodSync(leaseScript, 0o755);
    const namespaceOfB = `imb-${name}-${process.pid}`;
    await run('ip', 'netns', 'add', namespaceOfB);
    await run(
      ...(['ip', '-n', daemon.server, 'link', 'add', 'p-b', 'type', 'veth', 'peer', 'name', 'eth0'] as const),
      'netns',
      namespaceOfB,
    );
    await run('ip', '-n', daemon.server, 'link', 'set', 'p-b', 'master', 'br0', 'up');
    await run('ip', '-n', namespaceOfB, 'link', 'set', 'eth0', 'up');
    const victimsOfAll = Array.from({ length: victims }, (_, index) => victimOf(index));
    prepareFiles(daemon, victimsOfAll, trusted);
    return new AttackLab(
      daemon,
      new NetworkMachine(daemon.client, leaseScript),
      new NetworkMachine(namespaceOfB, leaseScript),
      namespaceOfB,
    );
  }

  async start(): Promise<void> {
    await this.daemon.start();
    for (const { mac, marker } of [dialectVictim])
      await this.operator('PUT', `/api/v1/netboot/images/${marker.toLowerCase()}`, {
        kernel: `/images/${marker}`,
      }).then(() => this.operator('PUT', `/api/v1/netboot/machines/${mac}`, { image: marker.toLowerCase() }));
  }

  /** What an operator on the server asks, by the socket. */
  async operator(method: string, path: string, body?: object): Promise<string> {
    const { stdout } = await this.daemon.onServer(
      'curl',
      '-s',
      '--unix-socket',
      join(this.daemon.folder, 'var/admin.sock'),
      '-X',
      method,
      ...(body === undefined ? [] : ['-H', 'content-type: application/json', '-d', JSON.stringify(body)]),
      `http://localhost${path}`,
    );
    return stdout;
  }

  /** All that imago has of a machine, and what it recorded of it. */
  async recordsOf(serial: string): Promise<string> {
    const [host, commits] = await Promise.all([
      this.operator('GET', `/api/v1/hosts/${serial}`),
      this.daemon.git('log', '--format=%H %an %s', '--', serial),
    ]);
    return [host, commits.stdout].join('\n');
  }

  /** The host as imago has it now. */
  async hostOf(serial: string): Promise<Readonly<Record<string, unknown>>> {
    return JSON.parse(await this.operator('GET', `/api/v1/hosts/${serial}`)) as Record<string, unknown>;
  }

  async remove(): Promise<void> {
    this.a.close();
    this.b.close();
    await removeNetwork(this.#namespaceOfB);
    await this.daemon.remove();
  }
}

/** A machine that has something to lose. */
export interface Victim {
  readonly serial: string;
  readonly mac: string;
  readonly uuid: string;
  /** Stands in all that is made for it, and in nothing else. */
  readonly marker: string;
  /** A program mints it for this machine alone. */
  readonly secret: string;
}

export function victimOf(index: number): Victim {
  const number = String(index).padStart(4, '0');
  return {
    serial: `vic${number}`,
    mac: `52:54:0a:00:${number.slice(0, 2)}:${number.slice(2)}`,
    uuid: `11111111-2222-3333-4444-00000000${number}`,
    secret: `SECRET-of-vic${number}-`,
    marker: `MARK${createHash('sha256').update(number).digest('hex').slice(0, 20)}`,
  };
}

/** One that the configuration does not name. */
export function newcomerOf(index: number): Victim {
  const victim = victimOf(index);
  return { ...victim, serial: `new${victim.serial}`, secret: `SECRET-of-new${victim.serial}-` };
}

/** One that is no host of imago's: other systems' files say what it boots. */
export const dialectVictim: Victim = victimOf(9999);

/** Where other systems' clients are answered. */
export const ports = { bootcfg: 8085, matchbox: 8086, pxeInit: 8087 } as const;

/** Of a serial and nothing else, so that templates of all machines may be the same. */
const MARKED = "{{ vars.marker | default('', true) | shell }}";

function prepareFiles(daemon: DaemonLab, victims: readonly Victim[], trusted: boolean): void {
  const { folder } = daemon;
  const edit = (path: string, change: (text: string) => string) =>
    writeFileSync(join(folder, path), change(readFileSync(join(folder, path), 'utf8')));
  edit('templates/first-stage.sh', (text) => text.replace('set -u\n', `set -u\nmarker=${MARKED}\n`));
  edit(
    'template_snippets/host.env',
    (text) => `${text}MARKER=${MARKED}\nSECRET={{ secret('minted') | shell }}\n`,
  );
  edit(
    'template_snippets/ipxe/greeting.ipxe',
    (text) => `${text}echo {{ vars.marker | default('', true) | ipxeText }}\n`,
  );
  const mint = join(folder, 'mint');
  writeFileSync(mint, '#!/bin/sh\necho "SECRET-of-$IMAGO_SERIAL-"\n');
  chmodSync(mint, 0o755);
  const { mac, uuid, serial, marker } = dialectVictim;
  const files: Readonly<Record<string, string>> = {
    [`bootcfg/boot/mac/${mac}`]: JSON.stringify({ kernel: `/images/${marker}` }),
    [`bootcfg/boot/uuid/${uuid}`]: JSON.stringify({ kernel: `/images/${marker}` }),
    [`bootcfg/cloud/uuid/${uuid}`]: `#cloud-config\nhostname: ${marker}\n`,
    'matchbox/groups/mac.json': JSON.stringify({
      id: 'mac',
      profile: 'p',
      selector: { mac },
      metadata: { marker },
    }),
    'matchbox/groups/serial.json': JSON.stringify({
      id: 'serial',
      profile: 'p',
      selector: { serial },
      metadata: { marker },
    }),
    'matchbox/profiles/p.json': JSON.stringify({ id: 'p', generic_id: 'g', boot: { kernel: '/k' } }),
    'matchbox/generic/g': 'I am {{.marker}}\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  daemon.configure((shipped) => {
    const hosts = victims.map(
      ({ serial: name, marker: own }) =>
        `  - { serial: ${name}, profile: default, overrides: { marker: ${own} } }`,
    );
    return shipped
      .replace('\n  admin: { trusted: true }', trusted ? '$&' : '')
      .replace('  sshAuthorizedKeys: []', "  sshAuthorizedKeys: []\n  marker: ''")
      .replace(/^hosts: \[\]$/m, hosts.length === 0 ? '$&' : `hosts:\n${hosts.join('\n')}`)
      .replace(
        /^listeners:$/m,
        `secrets: { named: { minted: { program: [${mint}] } } }\nbootcfg: { data: bootcfg }\nmatchbox: { data: matchbox }\npxeInit: { enabled: true }\nlisteners:\n  bootcfg: { port: ${ports.bootcfg} }\n  matchbox: { port: ${ports.matchbox} }\n  pxeInit: { port: ${ports.pxeInit} }`,
      );
  });
}
