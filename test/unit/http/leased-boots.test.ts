import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { patterned, startNastyServer, type NastyServer } from '../../support/nasty-server.js';

const MAC = '52:54:00:00:00:01';
const HOLDER = '127.0.0.3';
const STRANGER = '127.0.0.2';
const OTHER_HOLDER = '127.0.0.4';
const kernel = patterned(3000);

describe('whose turn of an ordered boot it is, where', () => {
  let house: House;
  let server: NastyServer;
  beforeEach(async () => {
    server = await startNastyServer();
    server.files.set('/k', { content: kernel, etag: '"k1"' });
  });
  afterEach(async () => {
    await house.close();
    await server.close();
  });

  const open = async (dhcp: string, macs: readonly string[]) => {
    house = await openHouse({
      config: `${houseConfig}dhcp: ${dhcp}\n`,
      leases: [
        { address: HOLDER, mac: MAC },
        { address: OTHER_HOLDER, mac: '52:54:00:00:00:02' },
      ],
    });
    const kernelFile = { url: `${server.url}/k` };
    const order = { kernel: kernelFile, initrds: [], cmdline: '', message: '', macs, includeRunning: false };
    await house.services.boots.order(order, 'ada');
  };
  const get = (path: string, from: string) =>
    new Promise<string>((resolve, reject) => {
      const asked = request(house.url + path, { localAddress: from, agent: false }).end();
      asked
        .on('error', reject)
        .on('response', (answer) => void buffer(answer).then(String).then(resolve, reject));
    });
  /** Fetches the script under a card's address, and what it names, as a machine that boots. */
  const boots = async (mac: string, from: string): Promise<boolean> => {
    const script = await get(`/ipxe?serial=V${mac.slice(-2)}&mac=${mac}`, from);
    const [, path] = /http:\/\/10\.75\.0\.1:4080(\/boot-file\/\S+)/.exec(script) ?? [];
    if (path === undefined) return false;
    expect(await get(path, from)).to.have.length(String(kernel).length);
    await house.services.stock.mirror.settled();
    await house.services.boots.dropOver();
    return true;
  };
  const isOrdered = () => house.services.boots.list().length === 1;
  const booted = () => house.services.boots.list()[0]?.booted;

  it('imago leases: nobody without the lease of the card uses it up, and its holder does', async () => {
    await open('{ mode: server }', [MAC]);
    for (const from of [STRANGER, STRANGER]) expect(await boots(MAC, from)).to.equal(true);
    expect(isOrdered()).to.equal(true);
    await boots(MAC, HOLDER);
    expect(isOrdered()).to.equal(false);
  });

  it('imago leases: a URL of another card is no turn of that card, nor of who asks', async () => {
    await open('{ mode: server }', []);
    const script = await get(`/ipxe?serial=V1&mac=${MAC}`, STRANGER);
    const [, path = ''] = /:4080(\/boot-file\/\S+)/.exec(script) ?? [];
    await get(path, OTHER_HOLDER);
    await house.services.boots.dropOver();
    expect(booted()).to.deep.equal([]);
    await get(path, HOLDER);
    await house.services.boots.dropOver();
    expect(booted()).to.deep.equal([MAC]);
  });

  it('imago leases: made-up addresses use up no place of an order for any machine', async () => {
    await open('{ mode: server }', []);
    for (const last of ['0a', '0b', '0c'])
      expect(await boots(`52:54:00:00:00:${last}`, STRANGER)).to.equal(true);
    expect(booted()).to.deep.equal([]);
    await boots('52:54:00:00:00:0d', OTHER_HOLDER);
    expect(booted(), 'who has a lease asks by its card alone').to.deep.equal(['52:54:00:00:00:02']);
  });

  it('imago leases: the server itself may', async () => {
    await open('{ mode: server }', [MAC]);
    await boots(MAC, '127.0.0.1');
    expect(isOrdered()).to.equal(false);
  });

  it('another server leases: the address in the URL is believed', async () => {
    await open('{ mode: proxy }', [MAC]);
    await boots(MAC, STRANGER);
    expect(isOrdered()).to.equal(false);
  });
});
