import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { checkMatchbox, takeOverMatchbox } from '../../../src/daemon/take-over-matchbox.js';
import {
  genericKind,
  groupKind,
  matchboxKinds,
  profileKind,
} from '../../../src/dialects/matchbox/records/record-kinds.js';
import { ImagoError } from '../../../src/errors.js';
import { openHostStore } from '../../../src/store/open-host-store.js';
import { houseConfig } from '../../support/http-house.js';

const sound: Readonly<Record<string, string>> = {
  'groups/node1.json':
    '{"id":"node1","profile":"p","selector":{"mac":"52-54-00-00-00-01"},"metadata":{"name":"one","z":1,"a":2}}',
  'groups/all.json': '{"id":"all","profile":"p","metadata":{"name":"all"}}',
  'profiles/p.json':
    '{"id":"p","ignition_id":"p.yaml","cloud_id":"p.cloud","generic_id":"p.tmpl","boot":{"kernel":"/k","initrd":["/i"],"args":["a"]}}',
  'ignition/p.yaml': 'variant: fcos\nversion: 1.4.0\n# {{.name}}\n',
  'ignition/ready.ign': '{"ignition":{"version":"3.4.0"}}',
  'cloud/p.cloud': '#cloud-config\nhostname: {{.name}}\n',
  'generic/p.tmpl': '{{.name}} {{.request.query.uuid}}\n\u00ff',
  'groups/README': 'not read',
  'generic/sub/x': 'not read',
};

describe('taking over a data folder of matchbox', () => {
  let home: string;
  let folder: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'imago-take-matchbox-'));
    folder = join(home, 'matchbox');
    mkdirSync(join(home, 'clusters'));
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const write = (files: Readonly<Record<string, string>>) => {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
  };
  const config = () => {
    const parsed = parseConfig(houseConfig, 'house.yaml');
    return { ...parsed, paths: { ...parsed.paths, clusters: join(home, 'clusters') } };
  };
  const cluster = () => join(home, 'clusters/test');
  const open = () => {
    const silent = () => undefined;
    const logger = { info: silent, warn: silent, error: silent };
    return openHostStore({ directory: cluster(), clock: () => new Date(), logger, kinds: matchboxKinds });
  };
  const refusal = async (attempt: Promise<unknown>): Promise<string> => {
    try {
      return `no fault: ${String(await attempt)}`;
    } catch (error) {
      if (error instanceof ImagoError) return error.message.replaceAll(folder, 'FOLDER');
      throw error;
    }
  };

  it('makes a record of each file, each its own commit, and says what it did', async () => {
    write(sound);
    expect((await takeOverMatchbox(folder, config(), { skipFaulty: false })).replaceAll(home, '')).to.equal(
      [
        '/clusters/test: 2 groups, 1 profile, 4 templates of /matchbox, in 7 commits',
        'not read, as matchbox does not: groups/README, generic/sub',
        'set matchbox.records: true (and leave out matchbox.data) to serve them',
      ].join('\n'),
    );
    const store = await open();
    expect(store.records(groupKind).get('node1')).to.deep.equal({
      id: 'node1',
      name: '',
      profile: 'p',
      selector: { mac: '52:54:00:00:00:01' },
      metadata: '{"a":2,"name":"one","z":1}',
    });
    expect(store.records(profileKind).get('p')?.boot).to.deep.equal({
      kernel: '/k',
      initrd: ['/i'],
      args: ['a'],
    });
    expect(store.records(genericKind).get('p.tmpl')?.toString()).to.equal(sound['generic/p.tmpl']);
    const [entry] = await store.records(groupKind).history('node1');
    expect(entry).to.include({ what: 'imported from matchbox', author: 'imago', code: 'imported' });
    await store.close();
    const log = execFileSync('git', ['-C', cluster(), 'log', '--format=%s'], { encoding: 'utf8' });
    expect(log)
      .to.include('generic/p.tmpl: imported from matchbox\n')
      .and.to.include('groups/all: imported from matchbox\n');
  });

  it('a second time there is nothing more to do', async () => {
    write(sound);
    await takeOverMatchbox(folder, config(), { skipFaulty: false });
    const again = await takeOverMatchbox(
      folder,
      { ...config(), matchbox: { records: true } },
      { skipFaulty: false },
    );
    expect(again).to.include('in 0 commits').and.not.to.include('set matchbox.records');
  });

  it('takes nothing where something cannot be read, and names each with its line', async () => {
    write({
      ...sound,
      'groups/broken.json': '{\n"id": 3}',
      'profiles/other.json': '{\n"id": "another"}',
      'generic/ä.tmpl': 'x',
    });
    const faults = [
      "groups/broken.json:2: id: '3' is no text: put it in quotes",
      "generic/ä.tmpl: 'ä.tmpl' is not a name among generic: it is made of",
      "profiles/other.json:2: id: 'another' is not what its file is named by: other",
    ];
    const said = await refusal(takeOverMatchbox(folder, config(), { skipFaulty: false }));
    expect(said).to.match(/^FOLDER: no records can be made of 3 files, and nothing was taken over/);
    for (const fault of faults) expect(said).to.include(`\n${fault}`);
    expect(existsSync(cluster())).to.equal(false);
    const skipped = await takeOverMatchbox(folder, config(), { skipFaulty: true });
    expect(skipped).to.include('2 groups, 1 profile, 4 templates');
    for (const fault of faults) expect(skipped).to.include(`\nleft out: ${fault}`);
  });

  it('what is left out is told once, and not as taken over', async () => {
    write({
      ...sound,
      'groups/a b.json': '{"id":"a b","profile":"none"}',
      'profiles/c d.json': '{"id":"c d"}',
      'groups/last.json': '{"id":"last","profile":"c d"}',
    });
    const said = await takeOverMatchbox(folder, config(), { skipFaulty: true });
    const lines = said.split('\n').slice(1, -2);
    expect(lines.filter((line) => line.includes('a b'))).to.have.length(1);
    expect(lines.map((line) => line.slice(0, 65))).to.have.members([
      "left out: groups/a b.json: 'a b' is not a name among groups: it i",
      "left out: profiles/c d.json: 'c d' is not a name among profiles: ",
      'taken over, though machines get 404 for it: groups/last.json: pro',
    ]);
  });

  it('counts one of each kind as one', async () => {
    write({ 'profiles/p.json': '{"id":"p"}' });
    const said = await takeOverMatchbox(folder, config(), { skipFaulty: false });
    expect(said).to.include('0 groups, 1 profile, 0 templates of ').and.to.include('in 1 commit\n');
    write({ 'groups/g.json': '{"profile":3}' });
    const refused = await refusal(takeOverMatchbox(folder, config(), { skipFaulty: false }));
    expect(refused).to.include('of 1 file, and nothing');
    expect(await refusal(checkMatchbox(folder))).to.match(/^FOLDER: 1 fault\n/);
  });

  it('takes over what machines get 404 for, and says so', async () => {
    write({ ...sound, 'generic/p.tmpl': 'line\n{{.nothing}}' });
    expect(await takeOverMatchbox(folder, config(), { skipFaulty: false })).to.match(
      /\ntaken over, though machines get 404 for it: template: generic\/p\.tmpl:2:.*map has no entry for key "nothing", for groups\/all\.json/,
    );
  });

  it('a sound folder is sound', async () => {
    write(sound);
    expect((await checkMatchbox(folder)).replaceAll(folder, 'FOLDER')).to.equal(
      'FOLDER is sound: 2 groups, 1 profile, 4 templates\nnot read, as matchbox does not: groups/README, generic/sub',
    );
  });

  for (const { name, files, says } of [
    {
      name: 'a group without its profile',
      files: { 'groups/x.json': '{"profile":"none"}' },
      says: "groups/x.json: profile: there is no profile 'none', or it is faulty",
    },
    {
      name: 'a profile without its template',
      files: { 'profiles/x.json': '{"id":"x","cloud_id":"none"}' },
      says: "profiles/x.json: cloud_id: there is no cloud/'none'",
    },
    {
      name: 'a template that is none',
      files: { 'generic/x': '\n{{ .a' },
      says: 'template: generic/x:2: unclosed action',
    },
    {
      name: 'a function that there is not',
      files: { 'generic/x': '{{ nonsense }}' },
      says: 'template: generic/x:1: function "nonsense" not defined',
    },
    { name: 'Ignition that is none', files: { 'ignition/x.ign': '{\n"ignition":' }, says: 'ignition/x.ign' },
    {
      name: 'Butane that cannot be translated',
      files: { 'ignition/p.yaml': 'variant: fcos\nversion: 1.4.0\nstorage: { trees: [{ local: a }] }\n' },
      says: 'ignition/p.yaml',
    },
    {
      name: 'a cloud-config that is none',
      files: { 'cloud/p.cloud': 'x' },
      says: 'must begin with #cloud-config or #!',
    },
  ]) {
    it(`finds ${name}`, async () => {
      write({ ...sound, ...files });
      const said = await refusal(checkMatchbox(folder));
      expect(said)
        .to.match(/^FOLDER: (?:1 fault|[2-9] faults)\n/)
        .and.to.include(says);
    });
  }

  it('a folder that is not there is a fault', async () => {
    expect(await refusal(checkMatchbox(folder))).to.equal('FOLDER: there is no such file');
  });
});
