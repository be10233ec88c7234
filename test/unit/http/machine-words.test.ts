import { expect } from 'chai';
import { pino } from 'pino';
import { parseConfig } from '../../../src/config/parse-config.js';
import { openBootcfg } from '../../../src/dialects/bootcfg/open-bootcfg.js';
import { matchboxSource } from '../../../src/dialects/matchbox/matchbox-source.js';
import type { OtherSystem } from '../../../src/http/dialect.js';
import { dataFolder, type DataFolder } from '../../support/data-folder.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { imagoctl } from '../../support/run-imagoctl.js';
import { MemoryBook } from '../dialects/matchbox/memory-book.js';

const UUID = '16e7d8a7-bfa9-428b-9117-363341bb330b';
const MAC = '52:54:00:00:00:01';
const OTHER_MAC = '52:54:00:00:00:02';
const by = { name: 'ci', kind: 'operator' } as const;

describe('what a machine would say that an operator asks about', () => {
  let data: DataFolder;
  let system: OtherSystem;
  let house: House;

  before(async () => {
    data = await dataFolder({
      [`boot/uuid/${UUID}`]: { kernel: 'u' },
      [`boot/mac/${MAC}`]: { kernel: 'm' },
      'boot/default': { kernel: 'd' },
    });
    const config = { ...parseConfig(houseConfig, 'house.yaml'), bootcfg: { data: data.root } };
    const logger = pino({ level: 'silent' });
    system = openBootcfg({ config: () => config, logger, clock: () => new Date(0) });
    const book = new MemoryBook();
    const profile = { name: '', ignitionId: '', cloudId: '', genericId: '' };
    await book.profiles.put({ ...profile, id: 'p', boot: { kernel: 'k', initrd: [], args: [] } }, by);
    await book.groups.put({ id: 'west', name: '', profile: 'p', selector: { site: 'a=b', os: 'new' } }, by);
    await book.groups.put({ id: 'own', name: '', profile: 'p', selector: { uuid: 'U-1' } }, by);
    const matchbox = matchboxSource({ book, base: () => 'http://a', retry: () => 'http://a/boot.ipxe' });
    house = await openHouse({
      sources: { order: ['matchbox', 'bootcfg'], all: [matchbox, ...(system.source ? [system.source] : [])] },
    });
  });
  after(async () => {
    await house.close();
    await system.close?.();
    await data.close();
  });

  const ask = async (path: string, body?: object) => {
    const answer = await fetch(house.operatorUrl + path, {
      ...(body && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json' },
    });
    return (await answer.json()) as {
      serial: string;
      steps?: { step: string; answer: string; rule: string }[];
      detail?: string;
    };
  };
  const explained = async (query: string) => {
    const { steps = [] } = await ask(`/api/v1/explain/${query}`);
    const { answer, rule } = steps.find(({ step }) => step === 'source') ?? {};
    return `${answer}: ${rule}`;
  };
  const played = async (command: object) =>
    (await ask('/api/v1/simulations', command)).steps?.find(({ step }) => step === 'source')?.answer;

  it('is not taken for known: a file of its UUID may be there all the same', async () => {
    expect(await explained(MAC)).to.equal(
      `bootcfg: boot/mac/${MAC}: its network card has a file, and its UUID is not known here`,
    );
    expect(await explained(OTHER_MAC)).to.equal(
      'bootcfg: boot/default: its network card has no file, and its UUID is not known here',
    );
    expect(await explained('new1')).to.equal(
      'bootcfg: boot/default: neither its UUID nor its network card is known here',
    );
    expect(await explained('new1?uuid=other')).to.equal(
      'bootcfg: boot/default: its UUID has no file, and its network card is not known here',
    );
    expect(await explained(`${MAC}?label=site=a%3Db&label=os=new`)).to.match(
      /^matchbox: group west: .*; its UUID is not known here$/,
    );
  });

  it('decides with the UUID that is given', async () => {
    expect(await explained(`${MAC}?uuid=${UUID}`)).to.equal(
      `bootcfg: boot/uuid/${UUID}: its UUID has a file`,
    );
    expect(await explained(`${MAC}?uuid=other`)).to.equal(
      `bootcfg: boot/mac/${MAC}: its network card has a file, and its UUID none`,
    );
    expect(await explained(`${MAC}?uuid=U-1`)).to.match(/^matchbox: group own: .*gives profile p$/);
    expect(await played({ mac: MAC, uuid: UUID })).to.equal(`bootcfg: boot/uuid/${UUID}`);
    expect(await played({ mac: MAC, uuid: 'U-1' })).to.equal('matchbox: group own');
  });

  it('decides with the labels that are given, as groups of matchbox go by them', async () => {
    expect(await explained(`${MAC}?label=os=new`)).to.match(/^bootcfg/);
    expect(await played({ mac: MAC, label: ['site=a=b', 'os=new'] })).to.equal('matchbox: group west');
    expect(await played({ mac: MAC, label: 'os=new' })).to.equal(`bootcfg: boot/mac/${MAC}`);
  });

  it('is refused where it is none', async () => {
    expect((await ask(`/api/v1/explain/${MAC}?label=os`)).detail).to.equal("label: 'os' is not KEY=VALUE");
    expect((await ask(`/api/v1/explain/${MAC}?label==os`)).detail).to.equal("label: '=os' is not KEY=VALUE");
    const many = Array.from({ length: 33 }, (_, index) => `a${index}=b`);
    expect((await ask('/api/v1/simulations', { label: many })).detail).to.equal(
      'label: there may be 32, of 512 characters each',
    );
  });

  it('is given to imagoctl', async () => {
    const run = (...argv: string[]) =>
      imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: new URL(house.operatorUrl).port });
    const labels = ['--label', 'site=a=b', '--label', 'os=new'];
    expect((await run('explain', MAC, '--uuid', UUID)).stdout).to.include(`boot/uuid/${UUID}`);
    expect((await run('explain', ...labels, MAC)).stdout).to.include('group west');
    expect((await run('simulate', 'boot', MAC, '--uuid', UUID)).stdout).to.include(`boot/uuid/${UUID}`);
    expect((await run('simulate', 'boot', ...labels, MAC)).stdout).to.include('group west');
    expect(await run('explain', MAC, '--label', 'os')).to.include({ code: 1 });
  });
});
