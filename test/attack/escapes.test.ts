import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { AttackLab } from './attack-lab.js';
import { fields } from './fields.js';
import type { Answer } from './machine.js';
import { harmIn, payloads } from './payloads.js';
import { calls } from './victim.js';

/** Payloads that are looked for on the terminal, of one machine each: ANSI, bidi, a key of every object. */
const TOLD = [0, 13, 19];
/** A script that begins a line so was told to by the machine. */
const A_LINE_OF_ITS_OWN = /^(?:PWN|- PWN)/m;
const EXPOSITION =
  /^(?:# (?:HELP|TYPE) [a-z0-9_:]+ [^\n]*|[a-z0-9_:]+(?:\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\})? [-+0-9.eEInfNa]+)$/u;

describe('what a machine says of itself', function () {
  this.timeout(120_000);
  let lab: AttackLab;
  const answers: { readonly what: string; readonly answer: Answer }[] = [];
  const serialOf = (index: number) => `esc${String(index).padStart(3, '0')}`;

  before(async () => {
    lab = await AttackLab.create('escapes', 0, { trusted: true });
    await lab.start();
    // A card for each payload, so that it comes as far as a machine can.
    for (const [index, [what, payload]] of Object.entries(payloads).entries()) {
      const sender = {
        serial: serialOf(index),
        mac: `52:54:0c:00:00:${index.toString(16).padStart(2, '0')}`,
      };
      await lab.b.becomeCard(sender.mac);
      await lab.b.lease();
      const honest = { ...sender, uuid: '', marker: '', secret: '' };
      await lab.b.get(`/ipxe?serial=${sender.serial}&mac=${sender.mac}&platform=pcbios`);
      for (const [field, asked] of Object.entries(fields))
        answers.push({ what: `${what}, in ${field}`, answer: await lab.b.ask(asked(payload, sender)) });
      await lab.b.ask(calls.installed('', honest));
      await lab.b.ask(calls.booted('', honest));
    }
  });
  after(() => lab.remove());

  it('came as far as a machine can: each is a host that says it runs, and said what it has', async () => {
    for (const [index] of Object.keys(payloads).entries())
      expect(await lab.hostOf(serialOf(index))).to.include({ state: 'running' });
    const said = answers.filter(({ answer }) => answer.status > 0);
    expect(said.length).to.be.above(Object.keys(payloads).length * Object.keys(fields).length * 0.75);
  });

  it('is no fault of imago’s: nobody is answered 5xx, nothing is logged as one, all is well', async () => {
    expect(answers.filter(({ answer }) => answer.status >= 500)).to.deep.equal([]);
    const told = lab.daemon
      .log()
      .split('\n')
      .filter((line) => /"level":"(?:error|fatal)"/.test(line));
    // Each asks under a name that is not that of its card: of that operators are told.
    expect(told.filter((line) => !line.includes('"code":"CARD_REFUSED"')).join('\n')).to.equal('');
    expect(await lab.operator('GET', '/health')).to.include('"healthy":true');
    expect(lab.daemon.isRunning).to.equal(true);
  });

  it('adds no line to a script, and nothing that iPXE or a shell would replace', () => {
    for (const { what, answer } of answers) {
      const body = answer.body.slice(answer.body.indexOf('\n\n') + 2);
      if (body.startsWith('#!ipxe')) {
        expect(body, what).not.to.match(A_LINE_OF_ITS_OWN);
        expect(body, what).not.to.include('${PWN');
        expect(harmIn(body.replaceAll('\ufffd', '')), what).to.equal(undefined);
      }
      if (body.startsWith('#!/bin/sh')) {
        expect(body, what).not.to.match(A_LINE_OF_ITS_OWN);
        execFileSync('sh', ['-n'], { input: body });
      }
    }
  });

  it('adds no header to an answer, and no second answer', () => {
    for (const { what, answer } of answers) {
      const head = answer.body.slice(0, Math.max(0, answer.body.search(/\r?\n\r?\n/)));
      expect(head, what).not.to.match(/^PWN/im);
      expect(answer.body.match(/^HTTP\/1\.1 200/gm)?.length ?? 0, what).to.be.below(2);
    }
  });

  it('changes no other value of a configuration', async () => {
    const [first, ...others] = await Promise.all(
      Object.keys(payloads).map(async (_, index) => {
        const host = serialOf(index);
        const ignition = await lab.operator('GET', `/api/v1/hosts/${host}/rendered/ignition`);
        const cloud = await lab.operator('GET', `/api/v1/hosts/${host}/rendered/cloud-config`);
        return [shapeOf(parse(contentOf(ignition))), shapeOf(parse(contentOf(cloud)))];
      }),
    );
    for (const other of others) expect(other).to.deep.equal(first);
  });

  it('is one line of the log, which has no character that a terminal would obey', () => {
    const log = readFileSync(lab.daemon.logFile, 'utf8');
    for (const line of log.trim().split('\n')) {
      expect(harmIn(line), line.slice(0, 300)).to.equal(undefined);
      expect(() => JSON.parse(line) as unknown, line.slice(0, 300)).not.to.throw();
    }
    for (const line of log.trim().split('\n'))
      expect(harmIn((JSON.parse(line) as { msg: string }).msg)).to.equal(undefined);
  });

  it('does not reach a metric', async () => {
    const metrics = await lab.operator('GET', '/metrics');
    expect(metrics).not.to.include('PWN');
    for (const line of metrics.split('\n').filter((text) => text !== '')) expect(line).to.match(EXPOSITION);
  });

  it('is one line of a commit, and no fault of the repository', async () => {
    const { stdout } = await lab.daemon.git('log', '--format=%an <%ae>%x09%s%x09%b');
    expect(harmIn(stdout)).to.equal(undefined);
    const files = await lab.daemon.git('log', '-p', '--format=');
    expect(harmIn(files.stdout)).to.equal(undefined);
    const fsck = await lab.daemon.git('fsck', '--full', '--strict');
    expect(fsck).to.include({ status: 0, stderr: '' });
  });

  const commands = (serial: string): readonly (readonly string[])[] => [
    ['list'],
    ['list', '--wide'],
    ['status', serial],
    ['history', serial],
    ['explain', serial],
    ['render', serial],
    ['log'],
    ['events', '--since', '1h'],
    ['leases'],
    ['list', '--json'],
    ['status', serial, '--json'],
  ];

  for (const words of commands('SERIAL'))
    it(`does not reach a terminal by imagoctl ${words.join(' ')}`, async () => {
      const isOfOne = words.includes('SERIAL');
      for (const index of isOfOne ? TOLD : [0]) {
        const shown = await onTerminal(
          lab,
          ...words.map((word) => (word === 'SERIAL' ? serialOf(index) : word)),
        );
        expect(shown.length).to.be.above(20);
        expect(harmIn(shown), `of ${serialOf(index)}`).to.equal(undefined);
      }
    });

  it('is told all the same: without what would be obeyed', async () => {
    expect(lab.daemon.log()).to.include('PWN');
    expect(await onTerminal(lab, 'events', '--since', '1h')).to.include('PWN');
    for (const what of [
      'a terminal cleared and coloured (ANSI)',
      'the same in one byte (C1)',
      'backspaces',
      'text that runs backwards (bidi)',
    ])
      expect(harmIn(Buffer.from(payloads[what] ?? '', 'latin1').toString('utf8')), what).to.be.a('string');
  });

  it('leaves nothing where it ran', () => {
    for (const folder of [lab.daemon.folder, resolve('.')])
      expect(() => readFileSync(join(folder, 'PWN'))).to.throw('ENOENT');
  });
});

describe('what a machine that waits for an operator says of itself', function () {
  this.timeout(120_000);
  let lab: AttackLab;

  before(async () => {
    lab = await AttackLab.create('waiting', 0, { trusted: true });
    appendFileSync(lab.daemon.configFile, '\nnewHosts: { mode: pending }\n');
    await lab.start();
    for (const [index, payload] of Object.values(payloads).entries()) {
      const sender = { serial: `wait${index}`, mac: `52:54:0d:00:00:${index.toString(16).padStart(2, '0')}` };
      await lab.b.becomeCard(sender.mac);
      await lab.b.lease();
      for (const field of [
        'a report of hardware that is no JSON',
        'the name of a card',
        'its UUID',
        'its manufacturer',
        'its product',
      ])
        await lab.b.ask(fields[field]?.(payload, sender) ?? {});
    }
  });
  after(() => lab.remove());

  for (const words of [
    ['pending'],
    ['pending', '--json'],
    ['events', '--since', '1h'],
    ['list'],
    ['explain', 'wait0'],
  ])
    it(`does not reach a terminal by imagoctl ${words.join(' ')}`, async () => {
      const shown = await onTerminal(lab, ...words);
      expect(shown.length).to.be.above(5);
      expect(harmIn(shown)).to.equal(undefined);
    });

  it('is shown to the operator all the same: each waits, and none became a host', async () => {
    const shown = await onTerminal(lab, 'pending');
    for (const [index] of Object.keys(payloads).entries()) expect(shown).to.include(`wait${index}`);
    expect(shown).to.include('PWN');
    expect(await lab.operator('GET', '/api/v1/hosts')).not.to.include('wait');
  });
});

/** By a terminal that `script` makes. */
async function onTerminal({ daemon }: AttackLab, ...words: string[]): Promise<string> {
  const command = [resolve('bin/imagoctl'), ...words].join(' ');
  const socket = `IMAGO_SOCKET=${join(daemon.folder, 'var/admin.sock')}`;
  const { stdout } = await daemon.onServer(
    'env',
    'NO_COLOR=1',
    'TERM=xterm',
    socket,
    'script',
    '-qec',
    command,
    '/dev/null',
  );
  return stdout.replaceAll('\r\n', '\n');
}

function contentOf(answer: string): string {
  return (JSON.parse(answer) as { text?: string; content?: string }).text ?? answer;
}

/** Keys and kinds of values, without the values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== 'object' || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}
