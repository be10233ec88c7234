import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  genericKind,
  groupKind,
  matchboxKinds,
  profileKind,
} from '../../../src/dialects/matchbox/records/record-kinds.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { imagoctl, words } from '../../support/run-imagoctl.js';

describe('imagoctl on groups, profiles and templates of matchbox', () => {
  let house: House;
  let store: InMemoryHostStore;
  let folder: string;
  const run = (...argv: string[]) =>
    imagoctl(argv, {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: new URL(house.url).port,
      IMAGO_OPERATOR: 'ada',
    });
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'imago-verbs-'));
    store = new InMemoryHostStore([], 'token', matchboxKinds);
    house = await openHouse({ store });
  });
  afterEach(async () => {
    await house.close();
    rmSync(folder, { recursive: true });
  });

  it('a group is put by its id, listed, described, put again and deleted', async () => {
    const path = file(
      'x.json',
      '{"id":"node1","profile":"p","selector":{"mac":"52-54-00-00-00-0A"},"metadata":{"b":1}}',
    );
    expect((await run('group', 'put', path)).stdout).to.match(/^groups\/node1: put \([0-9a-f]{10}\)\n$/);
    expect((await run('group', 'put', path)).stdout).to.match(/^groups\/node1: is like that already /);
    expect(words((await run('group', 'list')).stdout)).to.deep.equal([
      ['ID', 'PROFILE', 'SELECTOR', 'NAME'],
      ['node1', 'p', 'mac=52:54:00:00:00:0a', '-'],
    ]);
    expect((await run('group')).stdout).to.equal((await run('group', 'list')).stdout);
    const text = groupKind.format({
      id: 'node1',
      name: '',
      profile: 'p',
      selector: { mac: '52:54:00:00:00:0a' },
      metadata: '{"b":1}',
    });
    expect((await run('group', 'describe', 'node1')).stdout).to.equal(text);
    expect(JSON.parse((await run('group', 'list', '--json')).stdout)).to.deep.equal([JSON.parse(text)]);
    expect((await run('group', 'list', '--output', 'name')).stdout).to.equal('node1\n');
    const [entry] = await store.records(groupKind).history('node1');
    expect(entry?.author).to.equal('claimed:ada');
    expect((await run('group', 'delete', 'node1', '--dry-run')).stdout).to.equal(
      'groups/node1: would be deleted\n',
    );
    expect((await run('group', 'delete', 'node1')).stdout).to.equal('groups/node1: deleted\n');
    expect(store.records(groupKind).get('node1')).to.equal(undefined);
    expect((await run('group', 'delete', 'node1')).code).to.equal(3);
  });

  it('a profile is listed with its templates and its kernel', async () => {
    const path = file('p.json', '{"id":"p","ignition_id":"a.ign","boot":{"kernel":"/k"}}');
    await run('profile', 'put', path);
    expect(words((await run('profile', 'list')).stdout)).to.deep.equal([
      ['ID', 'IGNITION', 'CLOUD', 'GENERIC', 'KERNEL'],
      ['p', 'a.ign', '-', '-', '/k'],
    ]);
  });

  it('a template is put byte for byte under its kind and name', async () => {
    const path = file('t', 'a\n{{.b}}\n');
    expect((await run('template', 'put', 'generic/t.tmpl', path, '--dry-run')).stdout).to.equal(
      'generic/t.tmpl: would be put, with 9 bytes\n',
    );
    await run('template', 'put', 'generic/t.tmpl', path);
    expect(store.records(genericKind).get('t.tmpl')?.toString()).to.equal('a\n{{.b}}\n');
    expect(words((await run('template', 'list')).stdout)).to.deep.equal([
      ['NAME', 'BYTES'],
      ['generic/t.tmpl', '9'],
    ]);
    expect((await run('template', 'describe', 'generic/t.tmpl')).stdout).to.equal('a\n{{.b}}\n');
    expect((await run('template', 'delete', 'generic/t.tmpl')).stdout).to.equal('generic/t.tmpl: deleted\n');
  });

  for (const { argv, says, code } of [
    { argv: ['group', 'make'], says: 'say what to do first: one of list, describe, put, delete', code: 2 },
    { argv: ['group', 'describe'], says: 'name at least one', code: 2 },
    { argv: ['group', 'put'], says: 'give the file, whose id is its name', code: 2 },
    { argv: ['group', 'put', '/no/such/file'], says: '/no/such/file cannot be read', code: 1 },
    {
      argv: ['template', 'describe', 'groups/a'],
      says: 'groups/a is no template: write ignition/NAME',
      code: 2,
    },
    { argv: ['template', 'put', 'generic/a'], says: 'and the file to make it of', code: 2 },
    { argv: ['profile', 'describe', 'none'], says: "there is no 'none' among profiles", code: 3 },
  ]) {
    it(`says what is wrong with ${argv.join(' ')}`, async () => {
      const said = await run(...argv);
      expect([said.stderr.includes(says), said.code], said.stderr).to.deep.equal([true, code]);
    });
  }

  it('a file without an id, and one that the daemon refuses, are not put', async () => {
    expect((await run('group', 'put', file('a.json', '{"profile":"p"}'))).stderr).to.include('has no id');
    const refused = await run('group', 'put', file('b.json', '{"id":"b","profile":3}'));
    expect(refused.stderr).to.include('groups/b:1: profile:');
    expect([...store.records(groupKind).list()]).to.deep.equal([]);
  });

  it('a file that is no JSON is told with its line', async () => {
    const bad = await run('group', 'put', file('bad.json', '{\n bad'));
    expect(bad.stderr).to.match(/\/bad\.json:2: 'bad' is no JSON: /);
    expect(bad.code).to.equal(2);
    expect((await run('profile', 'put', file('p.json', '[]'))).stderr).to.include('has no id');
  });

  it('fields that would be lost are an error that names them', async () => {
    const group = file('g.json', '{"id":"g","Profile":"p","selector":{"any":"1"},"metadata":{"free":{}}}');
    const said = await run('profile', 'put', group);
    expect(said.stderr)
      .to.include("'Profile', 'selector', 'metadata': no fields of profiles")
      .and.to.include('ignition_id');
    expect(said.code).to.equal(2);
    expect([...store.records(profileKind).list()]).to.deep.equal([]);
    expect((await run('group', 'put', group)).stderr).to.equal('');
    const boot = file('p.json', '{"ID":"p","id":"p","boot":{"Kernel":"/k","cmdline":"x"}}');
    expect((await run('profile', 'put', boot)).stderr).to.include("p.json: 'boot.cmdline': no fields");
    const written = file('w.json', '{"id":"w","profile":"p","metadata":{"b":1,"a":2}}');
    await run('group', 'put', written);
    const described = file('d.json', (await run('group', 'describe', 'w')).stdout);
    expect((await run('group', 'put', described)).stdout).to.include('is like that already');
  });

  it('one that is not there is told with the command that shows those that are', async () => {
    for (const [command, ...argv] of [
      ['group list', 'group', 'describe', 'none'],
      ['template list', 'template', 'describe', 'cloud/none'],
      ['group list', 'group', 'delete', 'none', 'other'],
      ['profile list', 'history', 'profiles/none'],
    ]) {
      const { stderr } = await run(...argv);
      expect(stderr).to.include(`imagoctl ${command} shows which there are`).and.not.to.include('/api/');
    }
    const { stdout } = await run('group', 'describe', 'none', '--json');
    expect(stdout).to.include("no 'none' among groups: imagoctl group list");
  });

  it('without records the setting and the folder are named', async () => {
    const bare = await openHouse({ store: new InMemoryHostStore([], 'token', []) });
    try {
      const port = new URL(bare.url).port;
      for (const argv of [
        ['group', 'list'],
        ['template', 'list'],
        ['history', 'groups/a'],
      ]) {
        const { stderr, code } = await imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: port });
        expect(stderr).to.match(
          /imago keeps no records of the kind '[a-z]+': set matchbox\.records: true, or edit the files in matchbox\.data\n$/,
        );
        expect(code).to.equal(3);
      }
    } finally {
      await bare.close();
    }
  });

  it('what others name is deleted by force only', async () => {
    for (const id of ['a', 'b']) await run('group', 'put', file('g.json', `{"id":"${id}","profile":"p"}`));
    await run('profile', 'put', file('p.json', '{"id":"p","cloud_id":"c.yaml","generic_id":"g"}'));
    for (const name of ['cloud/c.yaml', 'generic/c.yaml'])
      await run('template', 'put', name, file('t', '#cloud-config\n'));
    for (const flags of [[], ['--yes'], ['--dry-run']]) {
      const said = await run('profile', 'delete', 'p', ...flags);
      expect(said.stderr).to.equal(
        'imagoctl: profiles/p is named by groups/a, groups/b: change them first, or delete it all the same with --force\n',
      );
      expect(said.code).to.equal(1);
    }
    expect((await run('template', 'delete', 'generic/c.yaml')).stdout).to.include('deleted');
    const named = await run('template', 'delete', 'cloud/c.yaml');
    expect(named.stderr).to.include('cloud/c.yaml is named by profiles/p: change it first');
    expect(store.records(profileKind).get('p')).to.include({ id: 'p' });
    expect((await run('profile', 'delete', 'p', '--force')).stdout).to.equal('profiles/p: deleted\n');
    expect((await run('template', 'delete', 'cloud/c.yaml')).stdout).to.equal('cloud/c.yaml: deleted\n');
  });

  it('an Ignition file that is no JSON is put with a warning', async () => {
    const path = file('x', '{ bad');
    for (const name of ['ignition/x.ign', 'ignition/x.ignition']) {
      const said = await run('template', 'put', name, path);
      expect(said.stderr).to.match(
        /^warning: machines get 404 for it: ignition\/x\.ign(ition)?:1: '{ bad' is no JSON: /,
      );
      expect([said.code, said.stdout.includes(': put (')]).to.deep.equal([0, true]);
    }
    for (const name of ['ignition/x.yaml', 'cloud/x.ign', 'generic/x.ign'])
      expect((await run('template', 'put', name, path)).stderr).to.equal('');
    expect((await run('template', 'put', 'ignition/y.ign', file('y', '{}'))).stderr).to.equal('');
  });
});
