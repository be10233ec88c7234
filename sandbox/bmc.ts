import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { chassisAnswer, type Chassis } from './chassis.js';
import { ipmiSimArguments, ipmiSimFiles } from './ipmi-sim.js';
import { LastingProcess, run } from './process.js';

const IPMI_PORT = 623;
export const BMC_NETWORK = '10.76.0.0/24';
export const BMC_USER = 'imago';
/** The one that `ipmi_sim` has. */
export const BMC_CIPHER_SUITE = 3;

/** Of the machine's number, from 1. */
export function bmcAddress(number: number): string {
  return `10.76.0.${number}`;
}

export interface BmcPlace {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
  readonly password: string;
  /** For its files; made by it. */
  readonly folder: string;
}

/**
 * A machine's BMC: OpenIPMI's `ipmi_sim`, whose chassis program asks this process, which runs the machine, over a Unix socket.
 */
export class Bmc {
  private constructor(
    readonly process: LastingProcess,
    private readonly server: Server,
  ) {}

  static async start(
    chassis: Chassis,
    { name, namespace, address, password, folder }: BmcPlace,
  ): Promise<Bmc> {
    await mkdir(join(folder, 'state'), { recursive: true });
    const socket = join(folder, 'chassis.sock');
    const program = join(folder, 'chassis');
    await writeFile(
      program,
      `#!/bin/sh\nshift\nexec curl -sSf -m 30 --unix-socket ${socket} -d "$*" http://chassis/\n`,
    );
    await chmod(program, 0o755);
    const users = [{ name: BMC_USER, password, level: 'admin' as const }];
    const files = ipmiSimFiles({ address, port: IPMI_PORT, users, chassis: program });
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), content);
    await run('ip', '-n', namespace, 'address', 'add', `${address}/32`, 'dev', 'lo');
    const server = await serveChassis(chassis, socket);
    const words = ['netns', 'exec', namespace, 'ipmi_sim', ...ipmiSimArguments];
    return new Bmc(new LastingProcess(name, 'ip', words, join(folder, 'ipmi_sim.log'), folder), server);
  }

  async close(): Promise<void> {
    await this.process.stop();
    this.server.closeAllConnections();
    const closed = once(this.server, 'close');
    this.server.close();
    await closed;
  }
}

async function serveChassis(chassis: Chassis, socket: string): Promise<Server> {
  const server = createServer((request, response) => {
    text(request)
      .then((words) => chassisAnswer(chassis, words.trim().split(/\s+/)))
      .then(
        (answer) => response.end(answer),
        (error: unknown) => response.writeHead(500).end(`${String(error)}\n`),
      );
  });
  server.listen(socket);
  await once(server, 'listening');
  return server;
}
