import { expect } from 'chai';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { patterned, startNastyServer, type NastyServer } from '../../support/nasty-server.js';

const content = patterned(5000);
const CHANGED = 'Sat, 21 Nov 2026 10:00:00 GMT';

describe('/mirror', () => {
  let server: NastyServer;
  let house: House;
  beforeEach(async () => {
    server = await startNastyServer();
    const images = `images: { mirrors: { os: { url: "${server.url}/pub" } } }`;
    house = await openHouse({ config: `${houseConfig}${images}\n` });
    server.files.set('/pub/disk.raw', { content, etag: '"v1"', lastModified: CHANGED });
    server.files.set('/pub/plain.css', { content });
  });
  afterEach(async () => {
    await house.close();
    await server.close();
  });

  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${house.url}/mirror/os/${path}`, { headers });
    return { answer, body: Buffer.from(await answer.arrayBuffer()) };
  };

  it("passes the validators of a file's origin on, while it comes and afterwards", async () => {
    for (let time = 0; time < 2; time += 1) {
      const { answer, body } = await ask('disk.raw');
      expect(answer.headers.get('etag')).to.equal('"v1"');
      expect(answer.headers.get('last-modified')).to.equal(CHANGED);
      expect(body.equals(content)).to.equal(true);
      await house.services.stock.mirror.settled();
    }
  });

  it('gives a file without a tag one of its own, the same each time', async () => {
    const tags = new Set<string | null>();
    for (let time = 0; time < 3; time += 1) {
      const { answer } = await ask('plain.css');
      expect(answer.headers.get('content-type')).to.equal('text/css; charset=utf-8');
      tags.add(answer.headers.get('etag'));
      await house.services.stock.mirror.settled();
    }
    expect([...tags])
      .to.have.length(1)
      .and.not.include(null);
  });

  for (const { name, headers, status, bytes } of [
    {
      name: 'a copy of that tag is good',
      headers: { 'if-none-match': 'W/"v0", "v1"' },
      status: 304,
      bytes: 0,
    },
    { name: 'a copy of that time is good', headers: { 'if-modified-since': CHANGED }, status: 304, bytes: 0 },
    {
      name: 'the tag comes before the time',
      headers: { 'if-none-match': '"v0"', 'if-modified-since': CHANGED },
      status: 200,
      bytes: 5000,
    },
    {
      name: 'what was begun goes on',
      headers: { range: 'bytes=4000-', 'if-range': '"v1"' },
      status: 206,
      bytes: 1000,
    },
    {
      name: 'what was begun goes on by its time',
      headers: { range: 'bytes=4000-', 'if-range': CHANGED },
      status: 206,
      bytes: 1000,
    },
    {
      name: 'the rest of another version is none of this one',
      headers: { range: 'bytes=4000-', 'if-range': '"v0"' },
      status: 200,
      bytes: 5000,
    },
    {
      name: 'a weak tag does not tell that it is the same',
      headers: { range: 'bytes=4000-', 'if-range': 'W/"v1"' },
      status: 200,
      bytes: 5000,
    },
    {
      name: 'beyond the end there is nothing',
      headers: { range: 'bytes=5000-' },
      status: 416,
      bytes: undefined,
    },
  ] as const) {
    it(`${name}: ${status}`, async () => {
      await ask('disk.raw');
      await house.services.stock.mirror.settled();
      const { answer, body } = await ask('disk.raw', headers);
      expect(answer.status).to.equal(status);
      if (bytes !== undefined) expect(body.equals(content.subarray(content.length - bytes))).to.equal(true);
    });
  }
});
