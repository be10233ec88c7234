import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { listedMachine, parseMachineList } from '../../../src/cli/machine-list.js';
import { openHouse, type House } from '../../support/http-house.js';
import { apiHost } from '../api/fake-imago.js';
import { imagoctl, words } from '../../support/run-imagoctl.js';

const rack = [
  { serial: 'ser0001', profile: 'core', address: '10.75.0.20', mac: '52:54:00:00:00:01', cabinet: 7 },
  { serial: 'ser0002', metadata: ['row=2', 'a=b'], overrides: { color: 'red', x: 'a=b' } },
];

describe('cli/machine-list', () => {
  for (const { name, file, text } of [
    { name: 'JSON', file: 'a.json', text: JSON.stringify(rack) },
    {
      name: 'YAML',
      file: 'a.yaml',
      text: `
- { serial: ser0001, profile: core, address: 10.75.0.20, mac: '52:54:00:00:00:01', cabinet: 7 }
- serial: ser0002
  metadata: [row=2, a=b]
  overrides: { color: red, x: a=b }
`,
    },
    {
      name: 'hosts of a configuration',
      file: 'imago.yaml',
      text: `cluster: x\nhosts: ${JSON.stringify(rack)}`,
    },
    {
      name: 'CSV',
      file: 'a.csv',
      text: `serial,profile,address, mac ,cabinet,metadata,overrides
ser0001,core,10.75.0.20,52:54:00:00:00:01,7,,\r

"ser0002" ,,,,,row=2 a=b,color=red x=a=b
`,
    },
  ]) {
    it(`reads ${name}`, () => {
      expect(parseMachineList(text, file)).to.deep.equal(rack);
    });
  }

  it('reads quoted cells', () => {
    const text = 'serial,providerId\na,"x, ""y"""\n,\n';
    expect(() => parseMachineList(text, 'a.csv')).to.throw(
      'machine 2 (line 3): serial: is missing: write text (the name of the machine)',
    );
    expect(parseMachineList(text.replace('\n,\n', '\n'), 'a.csv')).to.deep.equal([
      { serial: 'a', providerId: 'x, "y"' },
    ]);
  });

  for (const serial of ['bad serial', '../x', 'a..b', 'a-', '', ' a']) {
    it(`takes no machine with the serial ${JSON.stringify(serial)}`, () => {
      expect(() => parseMachineList(JSON.stringify([{ serial }]), 'a.json')).to.throw('machine 1: serial: ');
    });
  }

  it('takes serials in any case', () => {
    expect(parseMachineList('[{ serial: SER_0001.a-b }]', 'a.yaml')).to.have.length(1);
  });

  it('writes what it reads', () => {
    const host = apiHost({
      serial: 'a',
      address: '10.75.0.20',
      macAddresses: ['52:54:00:00:00:01'],
      cabinet: 3,
    });
    const text = JSON.stringify([listedMachine(host)]);
    expect(parseMachineList(text, 'a.json')).to.deep.equal([
      {
        serial: 'a',
        address: '10.75.0.20',
        mac: '52:54:00:00:00:01',
        cabinet: 3,
        metadata: [],
        overrides: {},
      },
    ]);
  });

  for (const { name, text, file = 'a.yaml', says } of [
    {
      name: 'no list',
      text: 'cluster: x',
      says: 'a.yaml holds neither a list of machines nor hosts: with one',
    },
    { name: 'no YAML', text: '[', says: 'a.yaml is not YAML' },
    { name: 'a name that is nearly one', text: '- { serial: a, profil: b }', says: 'did you mean profile?' },
    {
      name: 'a serial that cannot be',
      text: '- serial: x y',
      says: "machine 1: serial: 'x y' is not a serial: it is made of",
    },
    { name: 'a serial that is a number', text: '- serial: 0123', says: 'machine 1: serial: ' },
    {
      name: 'an unknown field',
      text: '- { serial: a, colour: red }',
      says: 'machine 1: colour: there is no such setting: choose from serial, profile',
    },
    {
      name: 'an override whose name would be lost',
      text: '- { serial: a, overrides: { __proto__: x } }',
      says: 'machine 1: overrides.__proto__: nothing can be stored under this name',
    },
    {
      name: 'an override whose name would be lost, in CSV',
      text: 'serial,overrides\na,__proto__=x',
      file: 'a.csv',
      says: 'machine 1 (line 2): overrides.__proto__: ',
    },
    { name: 'a serial twice', text: '[{serial: a}, {serial: A}]', says: 'a is there twice' },
    {
      name: 'a cabinet that is no number',
      text: 'serial,cabinet\na,x',
      file: 'a.csv',
      says: "machine 1 (line 2): cabinet: 'x' is not a number: write a whole number, 0 or more",
    },
    { name: 'more cells than headings', text: 'serial\na,b', file: 'a.csv', says: 'column 2' },
  ]) {
    it(`refuses ${name}`, () => {
      expect(() => parseMachineList(text, file)).to.throw(says);
    });
  }
});

describe('imagoctl import and export', () => {
  let house: House;
  let folder: string;
  const run = (...argv: string[]) =>
    imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(house.url).port });
  const file = async (text: string) => {
    await writeFile(join(folder, 'rack.json'), text);
    return join(folder, 'rack.json');
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imagoctl-import-'));
    house = await openHouse();
  });
  afterEach(async () => {
    await house.close();
    await rm(folder, { recursive: true });
  });

  it('adds each machine, in the order of the list, and exports them again', async () => {
    const { stdout, stderr } = await run('import', await file(JSON.stringify(rack)));
    expect({ stdout, stderr }).to.deep.equal({
      stdout: 'ser0001: added, 10.75.0.20\nser0002: added, 10.75.0.10\n',
      stderr: '',
    });
    const fields = 'serial,profile,bootmac,cabinet,overrides';
    expect(words((await run('list', '--no-legend', '--fields', fields)).stdout)).to.deep.equal([
      ['ser0002', 'default', '-', '-', 'color=red,x=a=b'],
      ['ser0001', 'core', '52:54:00:00:00:01', '7', '-'],
    ]);
    const exported = JSON.parse((await run('export', '--profile', 'core')).stdout) as unknown;
    expect(exported).to.deep.equal([
      { ...rack[0], metadata: ['role=core'], etcdClusterToken: 'coretoken', overrides: {} },
    ]);
  });

  it('says that an empty list adds nothing', async () => {
    const { stdout, stderr, code } = await run('import', await file('[]'));
    expect({ stdout, code }).to.deep.equal({ stdout: '', code: 0 });
    expect(stderr).to.match(/^imagoctl: \S+ lists no machine: nothing is to be added\n$/);
  });

  it('only says with --dry-run what it would add', async () => {
    const { stdout } = await run('import', await file(JSON.stringify(rack)), '--dry-run');
    expect(stdout).to.equal('ser0001: would be added\nser0002: would be added\n');
    expect(house.store.size).to.equal(0);
  });

  it('leaves a machine that is known as it is, and adds the others', async () => {
    await run('add', 'ser0001', '--hostname', 'old');
    const { stdout, stderr, code } = await run('import', await file(JSON.stringify(rack)));
    expect({ stdout, code }).to.deep.equal({ stdout: 'ser0002: added, 10.75.0.11\n', code: 1 });
    expect(stderr).to.match(/^imagoctl: 1 of 2 were refused: ser0001: /);
  });

  it('does nothing with a faulty list, and names each fault on a line', async () => {
    const { stderr, code } = await run('import', await file('[{"serial": 1}, {"serial": "a", "moon": 1}]'));
    expect({ code, lines: stderr.trimEnd().split('\n').length }).to.deep.equal({ code: 2, lines: 3 });
    expect(house.store.size).to.equal(0);
  });

  it('says when the file is not there', async () => {
    const { stderr, code } = await run('import', '/nowhere');
    expect({ stderr, code }).to.deep.equal({
      stderr: 'imagoctl: /nowhere cannot be read: there is no such file\n',
      code: 2,
    });
  });
});
