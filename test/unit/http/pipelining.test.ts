import { expect } from 'chai';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { openFiles } from '../../support/open-files.js';
import { RawClient, until } from '../../support/raw-client.js';

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
const small = `${houseConfig}limits: { http: { waitingRequests: 20 } }\n`;

describe('requests that are sent without waiting for answers', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({ config: small });
    await house.write('images/v1/large.bin', Buffer.alloc(3_000_000));
    await house.write('images/v1/one.bin', Buffer.alloc(300_000, 'a'));
  });
  afterEach(() => house.close());

  const openOf = (name: string) => openFiles().filter((path) => path.endsWith(name)).length;
  const reached = async () => {
    const metric = house.services.metrics.registry.getSingleMetric('imago_limit_reached_total');
    const values = (await metric?.get())?.values ?? [];
    return values.find(({ labels }) => labels['limit'] === 'http-waiting-requests')?.value;
  };
  const clients = (count: number) =>
    Promise.all(Array.from({ length: count }, () => RawClient.open(house.url)));

  it('A1: have one file open for each connection that does not read, and none once it is gone', async () => {
    const held = await clients(10);
    for (const client of held) client.write(get('/images/large.bin').repeat(20));
    await until(() => openOf('large.bin') === 10);
    // Whoever asks now is answered, and has the others' requests done by then.
    for (let count = 0; count < 20; count += 1) await (await fetch(`${house.url}/images/vmlinuz`)).text();
    expect(openOf('large.bin')).to.equal(10);
    for (const client of held) client.destroy();
    await until(() => openOf('large.bin') === 0);
  });

  it('A1: are answered in their order', async () => {
    const [client] = await clients(1);
    client?.read();
    client?.write(
      get('/images/one.bin') + get('/images/vmlinuz') + get('/nothing') + get('/', 'Connection: close\r\n'),
    );
    await until(() => client?.isClosed ?? true);
    const answers = client?.said.split(/(?=HTTP\/1\.1 )/) ?? [];
    expect(answers.map((answer) => answer.slice(0, 12))).to.deep.equal([
      'HTTP/1.1 200',
      'HTTP/1.1 200',
      'HTTP/1.1 404',
      'HTTP/1.1 200',
    ]);
    expect(answers[0]?.split('\r\n\r\n')[1]).to.have.length(300_000);
    expect(answers[1]).to.match(/v1 vmlinuz$/);
    expect(answers[3]).to.match(/this is imago/);
  });

  const tooMuch = [
    { name: 'are too many', text: get('/images/large.bin').repeat(1000) },
    { name: 'are too long', text: get('/images/large.bin', `X: ${'x'.repeat(6000)}\r\n`).repeat(4) },
    {
      name: 'have a body',
      text: `${get('/images/large.bin')}PUT /etcd/new HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nsize=`,
    },
  ];
  for (const { name, text } of tooMuch) {
    it(`A1: close the connection when they ${name}, which is counted, and leave nothing open`, async () => {
      const held = await clients(10);
      for (const client of held) client.write(text);
      for (const client of held) client.read();
      await until(() => held.every(({ isClosed }) => isClosed));
      await until(() => openOf('large.bin') === 0);
      expect(await reached()).to.equal(10);
    });
  }

  it('A1: that wait are not begun once their connection has gone', async () => {
    const [client] = await clients(1);
    client?.write(get('/images/large.bin') + get('/ipxe?serial=late1&mac=52-54-00-00-00-01'));
    await until(() => openOf('large.bin') === 1);
    client?.destroy();
    await until(() => openOf('large.bin') === 0);
    expect([...house.store.hosts()]).to.deep.equal([]);
  });
});
