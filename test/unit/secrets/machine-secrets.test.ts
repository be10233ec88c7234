import { expect } from 'chai';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '../../../src/host/host.js';
import { SecretsServed } from '../../../src/secrets/errors.js';
import { codeOf, rejection } from '../../support/rejection.js';
import { rendering, SecretHouse } from './secret-house.js';

const MINUTE = 60_000;

describe('secrets of one machine', () => {
  let house: SecretHouse;
  let host: Host;
  beforeEach(async () => {
    house = new SecretHouse();
    house.configure({ 'root-hash': { file: house.file('root-hash', 'planted\n') } });
    host = await house.host('a');
  });
  afterEach(() => house.close());

  const codeFor = async (...asked: Parameters<SecretHouse['ask']>) =>
    codeOf(await rejection(house.ask(...asked)));

  it('are handed to the machine that is proven, and to nobody else', async () => {
    expect(await codeFor(host, { isProven: false })).to.equal('SECRETS_UNPROVEN');
    expect(await house.ask(host)).to.equal('a\nplanted');
    expect(house.outcomes).to.deep.equal(['unproven', 'served']);
    expect(house.news.map(({ code, what }) => [code, what])).to.deep.equal([
      ['handed-out', 'ignition was handed out with root-hash'],
    ]);
  });

  it('are the very same bytes within a minute, whatever has changed since', async () => {
    const first = await house.ask(host);
    house.file('root-hash', 'another\n');
    house.now += MINUTE;
    expect(await house.ask(host)).to.equal(first);
    expect(house.outcomes).to.deep.equal(['served', 'repeated']);
  });

  it('are one answer for those who ask at the same time', async () => {
    house.configure({
      'root-hash': { program: [house.program('mint', 'head -c 16 /dev/urandom | od -An -tx1')] },
    });
    const answers = await Promise.all([1, 2, 3].map(() => house.ask(host)));
    expect(new Set(answers.map(String)).size).to.equal(1);
    expect(house.outcomes).to.deep.equal(['served', 'repeated', 'repeated']);
  });

  it('are refused to the same boot after that, which is an alarm and an event, until an operator has it configured', async () => {
    await house.ask(host);
    house.now += MINUTE + 1;
    const refusal = await rejection(house.ask(host));
    expect(refusal).to.be.instanceOf(SecretsServed);
    expect(refusal.message).to.equal(
      'a gets no secrets again (SECRETS_SERVED): this boot of it was handed ignition 60 s ago; boot the machine again, or imagoctl set a state configured',
    );
    expect(house.secrets.alarms().map(({ code }) => code)).to.deep.equal(['SECRETS_SERVED']);
    await codeFor(host);
    expect(house.news.map(({ code }) => code)).to.deep.equal(['handed-out', 'asked-again']);
    expect(house.outcomes).to.deep.equal(['served', 'served-already', 'served-already']);

    await house.ask(host, { boot: 'boot 2' });
    expect(house.secrets.alarms().map(({ message }) => message)).to.deep.equal([
      'a was refused its secrets: this boot of it was handed ignition 60 s ago; if it was not that machine that asked, see who has its address; shown for a day, also when its next boot was served, or until imagoctl set a state configured',
    ]);

    await house.secrets.reopen(host.serial);
    expect(house.secrets.alarms()).to.deep.equal([]);
    expect(await house.ask(host)).to.equal('a\nplanted');
  });

  it('an alarm of them is over after a day', async () => {
    await house.ask(host);
    house.now += 2 * MINUTE;
    await codeFor(host);
    house.now += 24 * 3600_000 + 1;
    expect(house.secrets.alarms()).to.deep.equal([]);
  });

  it('are handed to each boot anew', async () => {
    await house.ask(host);
    house.now += 10 * MINUTE;
    expect(await house.ask(host, { boot: 'boot 2' })).to.equal('a\nplanted');
    expect(await codeFor(host)).to.equal('SECRETS_SERVED');
  });

  for (const [first, then] of [
    [false, true],
    [true, false],
  ] as const) {
    const words = (isByToken: boolean) => (isByToken ? 'by its token' : 'by lease and card');
    it(`are handed once to a boot that is proven ${words(first)}, then ${words(then)}, also after a restart`, async () => {
      const served = await house.ask(host, { isByToken: first });
      expect(await house.ask(host, { isByToken: then })).to.equal(served);
      house.now += MINUTE + 1;
      expect(await codeFor(host, { isByToken: then })).to.equal('SECRETS_SERVED');
      await house.restart();
      expect(await codeFor(host, { isByToken: then })).to.equal('SECRETS_SERVED');
    });
  }

  it('are not handed to a diskless machine that runs by its lease alone: that may be another boot', async () => {
    house.configure({ 'root-hash': { file: house.file('root-hash', 'planted'), everyBoot: true } });
    const running = await house.host('a', 'running');
    expect(await codeFor(running, { isByToken: false })).to.equal('SECRETS_CLOSED');
    expect(await house.ask(running)).to.equal('a\nplanted');
  });

  it('a program that failed is listed with the reason, and listing it clears no alarm', async () => {
    house.configure({ 'root-hash': { program: [house.program('mint', 'exit 3')] } });
    expect(await codeFor(host)).to.equal('SECRET_UNUSABLE');
    const [listed] = await house.secrets.list();
    expect(listed?.fault).to.match(/^the secret root-hash in .*mint cannot be used: /);
    expect(house.secrets.alarms().map(({ code }) => code)).to.deep.equal(['SECRET_UNUSABLE']);
    house.program('mint', 'echo t');
    await house.ask(host);
    expect((await house.secrets.list())[0]?.fault).to.equal(undefined);
  });

  it('are handed once where boots are not told apart, until it becomes configured anew', async () => {
    await house.ask(host, { boot: undefined });
    house.now += 10 * MINUTE;
    expect(await codeFor(host, { boot: undefined })).to.equal('SECRETS_SERVED');
    await house.host('a', 'installed');
    house.now += MINUTE;
    await house.restart();
    await house.host('a', 'configured');
    expect(await house.ask(host, { boot: undefined })).to.equal('a\nplanted');
  });

  it('are one delivery for each document', async () => {
    await house.ask(host, { document: 'first-stage' });
    house.now += 10 * MINUTE;
    expect(await house.ask(host, { document: 'ignition' })).to.equal('a\nplanted');
    expect(await codeFor(host, { document: 'first-stage' })).to.equal('SECRETS_SERVED');
  });

  it('are not handed out after the window, of the setting', async () => {
    house.configure({ 'root-hash': { file: house.file('root-hash', 'planted') } }, { windowHours: 0.5 });
    const configured = await house.host('b');
    house.now += 31 * MINUTE;
    const refusal = await rejection(house.ask(configured));
    expect(codeOf(refusal)).to.equal('SECRETS_CLOSED');
    expect(refusal.message).to.match(
      /secrets.windowHours is 0.5 h; imagoctl set b state configured, and boot it again$/,
    );
    await house.secrets.reopen(configured.serial);
    expect(await house.ask(configured)).to.equal('b\nplanted');
  });

  it('are not handed to a machine that has its system', async () => {
    const installed = await house.host('a', 'installed');
    expect(await codeFor(installed)).to.equal('SECRETS_CLOSED');
  });

  describe('after a restart', () => {
    it('are the same within the minute, if they are made the same again', async () => {
      const first = await house.ask(host);
      await house.restart();
      expect(await house.ask(host)).to.equal(first);
      expect(house.outcomes).to.deep.equal(['served', 'repeated']);
    });

    it('are refused within the minute if they would be others', async () => {
      await house.ask(host);
      house.file('root-hash', 'another');
      await house.restart();
      const refusal = await rejection(house.ask(host));
      expect(codeOf(refusal)).to.equal('SECRETS_SERVED');
      expect(refusal.message).to.match(/imago was restarted since/);
    });

    it('are refused after the minute', async () => {
      await house.ask(host);
      await house.restart();
      house.now += MINUTE + 1;
      expect(await codeFor(host)).to.equal('SECRETS_SERVED');
    });

    it('are refused after the minute where boots are not told apart, too', async () => {
      await house.ask(host, { boot: undefined });
      await house.restart();
      house.now += MINUTE + 1;
      expect(await codeFor(host, { boot: undefined })).to.equal('SECRETS_SERVED');
    });

    it('the window is known from the history', async () => {
      await house.host('a', 'installing');
      await house.restart();
      house.now += 6 * 3600_000 + MINUTE;
      expect(await codeFor(host)).to.equal('SECRETS_CLOSED');
    });
  });

  it('are handed to nobody where it cannot be written down', async () => {
    await house.ask(host);
    await house.secrets.close(); // its journal is closed: nothing can be written any more
    const refusal = await rejection(house.ask(host, { boot: 'boot 2' }));
    expect(codeOf(refusal)).to.equal('SECRETS_NOT_RECORDED');
    expect(refusal.message).not.to.include('planted');
    await house.restart().catch(() => undefined);
  });

  it('stand in no file of imago’s own, nor does what names a boot', async () => {
    await house.ask(host, { boot: 'a capability' });
    const files = readdirSync(house.state);
    expect(files).to.have.members(['deliveries', 'key']);
    for (const file of files) {
      const path = join(house.state, file);
      expect(statSync(path).mode & 0o777, file).to.equal(0o600);
      const content = readFileSync(path, 'latin1');
      for (const secret of ['planted', 'a capability'])
        for (const form of [
          secret,
          Buffer.from(secret).toString('base64'),
          Buffer.from(secret).toString('hex'),
        ])
          expect(content, file).not.to.include(form);
    }
    expect(house.logged.join('\n')).to.include('secrets were handed out');
    expect(house.logged.join('\n')).not.to.include('planted');
  });

  it('show as name and fingerprint, the same for the same value, another for another', async () => {
    const shown = await house.secrets.preview(host, rendering('root-hash'));
    expect(shown).to.match(/^a\n<secret root-hash [0-9a-f]{8}>$/);
    await house.restart();
    expect(await house.secrets.preview(host, rendering('root-hash'))).to.equal(shown);
    house.file('root-hash', 'another');
    expect(await house.secrets.preview(host, rendering('root-hash'))).not.to.equal(shown);
    expect(house.outcomes).to.deep.equal([]);
  });

  it('a program is not run for a preview', async () => {
    const mark = join(house.folder, 'ran');
    house.configure({ token: { program: [house.program('mint', `touch ${mark}; echo t`)] } });
    expect(await house.secrets.preview(host, rendering('token'))).to.equal('a\n<secret token minted>');
    expect(readdirSync(house.folder)).not.to.include('ran');
  });

  it('a preview takes the form of a URL where nothing else fits', async () => {
    const shown = await house.secrets.preview(host, async (each, secret) => {
      const text = await rendering('root-hash')(each, secret);
      return URL.canParse(text.split('\n')[1] ?? '') ? text : rendering('no-such')(each, secret);
    });
    expect(shown).to.match(/^a\nhttps:\/\/secret\.invalid\/root-hash\/[0-9a-f]{8}$/);
  });

  it('list by name, kind and fingerprint, with whom each was last handed to', async () => {
    house.configure({
      'root-hash': { file: house.file('root-hash', 'planted') },
      gone: { file: join(house.folder, 'gone'), profiles: ['core'] },
      token: { program: [house.program('mint', 'echo t')] },
    });
    await house.ask(host);
    const [first, gone, token] = await house.secrets.list();
    expect(first).to.deep.include({ name: 'root-hash', kind: 'file' });
    expect(first?.fingerprint).to.match(/^[0-9a-f]{8}$/);
    expect(first?.last).to.deep.equal({ serial: 'a', document: 'ignition', time: new Date(house.now) });
    expect(gone).to.deep.include({ kind: 'file', profiles: ['core'], last: undefined });
    expect(gone?.fault).to.match(/the secret gone in .*gone cannot be used: it cannot be read \(ENOENT\)/);
    expect(token).to.deep.include({ kind: 'program', fault: undefined });
    expect(token?.fingerprint).to.equal(undefined);
    expect(JSON.stringify(await house.secrets.list())).not.to.include('planted');
    expect(house.secrets.alarms().map(({ code }) => code)).to.deep.equal(['SECRET_UNUSABLE']);
    house.file('gone', 'there');
    await house.secrets.list();
    expect(house.secrets.alarms()).to.deep.equal([]);
  });

  it('of everyBoot, handed to a machine that runs, are told apart in the log', async () => {
    const file = house.file('root-hash', 'planted');
    house.configure({ 'root-hash': { file, everyBoot: true } });
    await house.ask(host);
    const runs = await house.host('a', 'running');
    house.now += MINUTE;
    await house.ask(runs, { boot: 'boot 2' });
    expect(house.logged).to.deep.equal([
      '{"serial":"a","document":"ignition","secrets":["root-hash"]} secrets were handed out',
      '{"serial":"a","document":"ignition","secrets":["root-hash"]} secrets of everyBoot were handed out to a machine that runs: did it boot now?',
    ]);
  });

  it('of other machines cannot be asked for', async () => {
    house.configure({
      'root-hash': { file: house.file('root-hash', 'planted'), profiles: ['core'], hosts: ['b'] },
    });
    const refusal = await rejection(house.ask(host));
    expect(refusal.message).to.equal(
      'ignition.yaml:3: asks for root-hash, which a of profile default may not have: add one of them to secrets.named.root-hash, or do not ask for it here',
    );
    expect(await house.ask(await house.host('b'))).to.equal('b\nplanted');
    expect(await house.ask(await house.host('c', 'configured', { profile: 'core' }))).to.equal('c\nplanted');
  });

  it('of a name that there is not: the nearest one is named', async () => {
    const refusal = await rejection(house.ask(host, { render: rendering('roothash') }));
    expect(refusal.message).to.equal(
      "ignition.yaml:3: asks for 'roothash', and there is no such secret: did you mean root-hash?",
    );
    expect((await rejection(house.ask(host, { render: rendering('__proto__') }))).message).to.match(
      /no such secret/,
    );
  });

  it('what was handed out is forgotten in time, and its journal stays small', async function () {
    this.timeout(60_000);
    for (let boot = 0; boot < 4200; boot += 1) await house.ask(host, { boot: `boot ${boot}` });
    const lines = () => readFileSync(join(house.state, 'deliveries'), 'utf8').split('\n').length;
    expect(lines()).to.be.lessThan(4200);
    await house.restart();
    house.now += MINUTE + 1;
    expect(await codeFor(host, { boot: 'boot 4199' })).to.equal('SECRETS_SERVED');
  });

  it('a damaged line of the journal is passed over', async () => {
    await house.ask(host);
    const path = join(house.state, 'deliveries');
    writeFileSync(path, `{"serial":"a"}\nnot json\n[]\n${readFileSync(path, 'utf8')}{"torn":`);
    await house.restart();
    house.now += MINUTE + 1;
    expect(await codeFor(host)).to.equal('SECRETS_SERVED');
  });
});
