import { run } from './process.js';

export const SERVER_ADDRESS = '10.75.0.1';
const PREFIX_LENGTH = 24;

/** The provisioning VLAN: a network namespace with a bridge that bears the server's address. Nothing leads out of it. */
export async function createNetwork(namespace: string): Promise<void> {
  await run('ip', 'netns', 'add', namespace);
  await run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
  await run('ip', '-n', namespace, 'link', 'add', 'br0', 'type', 'bridge');
  await run('ip', '-n', namespace, 'addr', 'add', `${SERVER_ADDRESS}/${PREFIX_LENGTH}`, 'dev', 'br0');
  await run('ip', '-n', namespace, 'link', 'set', 'br0', 'up');
}

/** Ends what still runs in a namespace and removes it. It is no fault if there is none. */
export async function removeNetwork(namespace: string): Promise<void> {
  if (!(await namespaces()).includes(namespace)) return;
  const pids = (await run('ip', 'netns', 'pids', namespace)).split('\n').filter((pid) => pid !== '');
  for (const pid of pids) killIfAlive(Number(pid));
  await run('ip', 'netns', 'delete', namespace);
}

export async function namespaces(): Promise<string[]> {
  const list = await run('ip', 'netns', 'list');
  return list.split('\n').flatMap((line) => line.split(' ', 1).filter((name) => name !== ''));
}

function killIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
