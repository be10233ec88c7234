import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { Event } from '../../src/api/events.js';
import type { HookEvent } from '../../src/hooks/hook-event.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.js';

const SERVER = 'http://10.75.0.1:4080';
const RECEIVER_PORT = 8099;
const KEY = 'hookkey-4711';
const facts = JSON.stringify({
  Serial: 'EVT1',
  NetDevs: [{ Name: 'eth0', MacAddress: '52:54:00:00:00:41' }],
  ConnectedNIC: 'eth0',
});

describe('events of the daemon', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let receiver: WebhookReceiver | undefined;

  before(async () => {
    lab = await DaemonLab.create('events');
    const key = join(lab.folder, 'hook-key');
    writeFileSync(key, KEY, { mode: 0o600 });
    appendFileSync(
      lab.configFile,
      `
events:
  stuck: { bootLoop: { boots: 100 } }
  webhooks: [{ url: 'http://127.0.0.1:${RECEIVER_PORT}/hook', secret: { file: ${key} }, tries: 20 }]
`,
    );
    rmSync(join(lab.folder, 'images/sandbox/vmlinuz'));
    await lab.start();
  });
  after(async () => {
    await receiver?.close();
    await lab.remove();
  });

  const imagoctl = (...words: string[]) => lab.onServer(resolve('bin/imagoctl'), ...words);
  const curl = async (...words: string[]) => (await lab.onServer('curl', '-s', ...words)).stdout;
  const report = (phase: string, message: string) =>
    curl('-H', 'content-type: text/plain', '-d', message, `${SERVER}/report/evt1/${phase}`);
  const boot = () => curl(`${SERVER}/ipxe?serial=EVT1&mac=52-54-00-00-00-41&platform=pcbios`);

  it('warns at its start of profiles whose image is absent, and answers 404 with the reason', async () => {
    expect(lab.log()).to.match(/"profile":"core".*sandbox\/vmlinuz/);
    await boot();
    const answer = await curl('-w', ' %{http_code}', `${SERVER}/images/evt1/vmlinuz`);
    expect(answer).to.match(/version sandbox has no readable file vmlinuz.* 404$/s);
  });

  it('brings progress and log lines of the installer to imagoctl events --follow', async () => {
    const words = ['netns', 'exec', lab.server, resolve('bin/imagoctl'), 'events', '--follow', '--json'];
    const child = spawn('ip', [...words, '--serial', 'EVT1', '--since', '1h'], {
      env: { ...process.env, IMAGO_SOCKET: lab.socket },
    });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const until = async (what: string): Promise<Event> => {
        for (;;) {
          const line = await lines.next();
          if (line.done === true) throw new Error(`it ended before ${what}`);
          const event = JSON.parse(line.value) as Event;
          if (event.what === what) return event;
        }
      };
      await until('host created');
      await curl(`${SERVER}/first-stage-script/evt1`);
      await curl('-d', facts, `${SERVER}/final-ignition-config.json`);
      await until('updated host state to installing');
      await report('write', '17 of 40 MiB are on /dev/vda');
      expect(await until('write: 17 of 40 MiB are on /dev/vda')).to.include({
        kind: 'progress',
        serial: 'evt1',
      });
      await report('failed', 'no disk fits');
      expect((await until('stuck: its installer failed: no disk fits')).kind).to.equal('stuck');
    } finally {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    }
  });

  it('shows a machine that does not get through in the list and the metrics', async () => {
    const { stdout } = await imagoctl('list', '--fields', 'serial,stuck', '--output', 'json');
    expect(stdout).to.contain('evt1').and.to.contain('failed');
    expect(await curl(`${SERVER}/metrics`)).to.contain('imago_stuck_hosts{reason="failed"} 1');
  });

  it('tells a webhook all of it in the end: over a receiver that is away, a kill of the daemon, two failures', async () => {
    await lab.stop('SIGKILL');
    receiver = await startWebhookReceiver(lab.server, RECEIVER_PORT, join(lab.folder, 'calls'), 2);
    await lab.start();
    await curl('-X', 'PUT', `${SERVER}/admin/host/evt1/set_installed`);
    const isOver = ({ body }: { body: string }) => body.includes('"occasion":"installed"');
    let calls = await receiver.calls();
    for (let tries = 0; tries < 300 && !calls.some(isOver); tries += 1) {
      await delay(100);
      calls = await receiver.calls();
    }
    expect(calls.slice(0, 3).map(({ status }) => status)).to.deep.equal([503, 503, 204]);
    const taken = calls
      .filter(({ status }) => status === 204)
      .map(({ body }) => JSON.parse(body) as HookEvent)
      .filter(({ occasion }) => occasion !== 'recovered');
    expect(taken.map(({ occasion }) => occasion)).to.include.ordered.members([
      'created',
      'configured',
      'installing',
      'stuck',
      'installed',
    ]);
    const commits = (await lab.git('log', '--reverse', '--format=%H %s')).stdout.split('\n');
    const created = commits.find((line) => line.endsWith('evt1: host created'));
    expect(created).to.match(new RegExp(`^${taken[0]?.id} `));
    for (const { headers, body } of calls) {
      const signed = createHmac('sha256', KEY).update(`${headers['x-imago-time']}.${body}`).digest('hex');
      expect(headers['x-imago-signature']).to.equal(`sha256=${signed}`);
    }
    await lab.stop();
    await lab.start();
    expect(await receiver.calls()).to.have.length(calls.length);
    expect(lab.log()).not.to.contain(KEY);
  });
});
