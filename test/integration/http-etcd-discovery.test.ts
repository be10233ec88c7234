import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openHouse, type House } from '../support/http-house.js';

/** Debian's etcd-server, speaking the v2 discovery protocol against imago. */
describe('three etcd processes', function () {
  this.timeout(60_000);
  let house: House;
  let folder: string;
  const processes: ChildProcess[] = [];

  before(async () => {
    house = await openHouse();
    folder = await mkdtemp(join(tmpdir(), 'imago-etcd-'));
  });
  after(async () => {
    for (const process of processes) {
      const ended = once(process, 'exit');
      process.kill('SIGKILL');
      await ended;
    }
    await house.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('form a cluster through a token of imago', async () => {
    const url = await (await fetch(`${house.url}/etcd/new?size=3`, { method: 'PUT' })).text();
    const discovery = `${house.url}/etcd/${url.slice(-32)}`;
    for (const number of [0, 1, 2]) {
      const peer = `http://127.0.0.1:${23800 + number}`;
      const client = `http://127.0.0.1:${23790 + number}`;
      const options = [
        `--name=infra${number}`,
        `--data-dir=${join(folder, String(number))}`,
        `--discovery=${discovery}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--listen-peer-urls=${peer}`,
        `--listen-client-urls=${client}`,
        `--advertise-client-urls=${client}`,
      ];
      processes.push(spawn('etcd', options, { stdio: 'ignore' }));
    }
    const members = await membersOf('http://127.0.0.1:23790', 3);
    expect(members.sort()).to.deep.equal(['infra0', 'infra1', 'infra2']);
  });
});

/** Asks until the process answers with so many members; mocha's time-out is the end of patience. */
async function membersOf(client: string, count: number): Promise<string[]> {
  for (;;) {
    const members = await askMembers(client);
    if (members.length === count) return members;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function askMembers(client: string): Promise<string[]> {
  try {
    const answer = await fetch(`${client}/v3/cluster/member/list`, { method: 'POST', body: '{}' });
    const { members = [] } = (await answer.json()) as { members?: { name?: string }[] };
    return members.flatMap(({ name }) => (name ? [name] : []));
  } catch (error) {
    if (error instanceof TypeError) return []; // nobody listens yet
    throw error;
  }
}
