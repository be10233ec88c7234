import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ipmiSimArguments, ipmiSimFiles } from '../../sandbox/ipmi-sim.js';

export interface IpmiSim {
  readonly port: number;
  /** What the chassis was told, in order: `set power 1`, `set boot pxe`, … */
  calls(): Promise<string[]>;
  close(): Promise<void>;
}

export interface IpmiSimOptions {
  readonly user?: string;
  readonly password?: string;
  /** The network namespace in whose loopback it listens. */
  readonly namespace?: string;
  /** What the machine does when it is switched on: shell commands. */
  readonly machine?: string;
}

/** OpenIPMI's simulator of a BMC on loopback; its chassis is a script that keeps what it is told in files. */
export async function startIpmiSim({
  user = 'admin',
  password = 'secret',
  namespace,
  machine = ':',
}: IpmiSimOptions = {}): Promise<IpmiSim> {
  const folder = await mkdtemp(join(tmpdir(), 'imago-bmc-'));
  const port = await freeUdpPort();
  await mkdir(join(folder, 'state'));
  const files = ipmiSimFiles({
    address: '127.0.0.1',
    port,
    users: [
      { name: user, password, level: 'admin' },
      { name: 'watcher', password: 'looking', level: 'user' },
    ],
    chassis: join(folder, 'chassis'),
  });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await writeFile(
    join(folder, 'chassis'),
    `#!/bin/sh
cd ${folder} || exit 1
shift; op=$1; shift
case $op in
get) for key in "$@"; do echo "$key:$(cat is-$key 2>/dev/null || echo 0)"; done ;;
set) echo "set $*" >> calls
  [ "$1 $2" = 'power 1' ] && sh ./machine >machine.log 2>&1 &
  while [ $# -gt 1 ]; do echo "$2" > "is-$1"; shift 2; done ;;
esac
`,
  );
  await chmod(join(folder, 'chassis'), 0o755);
  await writeFile(join(folder, 'is-boot'), 'default\n');
  await writeFile(join(folder, 'calls'), '');
  await writeFile(join(folder, 'machine'), `${machine}\n`);
  const simulator = ['ipmi_sim', ...ipmiSimArguments];
  const words = namespace === undefined ? simulator : ['ip', 'netns', 'exec', namespace, ...simulator];
  const [program = '', ...argv] = words;
  const process = spawn(program, argv, {
    cwd: folder,
    stdio: 'ignore',
  });
  await once(process, 'spawn');
  return {
    port,
    async calls() {
      const text = await readFile(join(folder, 'calls'), 'utf8');
      return text.split('\n').filter((line) => line !== '');
    },
    async close() {
      await stop(process);
      await rm(folder, { recursive: true });
    },
  };
}

async function stop(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, 'exit');
  process.kill('SIGKILL');
  await ended;
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
