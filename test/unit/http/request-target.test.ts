import { expect } from 'chai';
import { openHouse, type House } from '../../support/http-house.js';
import { talk } from '../../support/raw-client.js';

const CLOSE = 'Connection: close\r\n';
const SMUGGLED = 'GET /ipxe?serial=smuggled&mac=52-54-00-00-00-02 HTTP/1.1\r\nHost: x\r\n\r\n';

/** RFC 9112 §3.2, §5, §6. Each is one connection; `want` are the statuses that it sees until its end. */
const requests = [
  {
    name: 'A11: two Host headers',
    text: `GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n${CLOSE}\r\n`,
    want: [400],
  },
  {
    name: 'A11: two of them, one in capitals',
    text: `GET / HTTP/1.1\r\nHOST: x\r\nhost: y\r\n${CLOSE}\r\n`,
    want: [400],
  },
  { name: 'A11: a Host that can be none', text: `GET / HTTP/1.1\r\nHost: a b\r\n${CLOSE}\r\n`, want: [400] },
  { name: 'A11: a Host with a path', text: `GET / HTTP/1.1\r\nHost: x/y\r\n${CLOSE}\r\n`, want: [400] },
  { name: 'A11: no Host', text: `GET / HTTP/1.1\r\n${CLOSE}\r\n`, want: [400] },
  { name: 'A11: an empty Host', text: `GET / HTTP/1.1\r\nHost:\r\n${CLOSE}\r\n`, want: [200] },
  { name: 'A11: HTTP/1.0 without Host', text: 'GET / HTTP/1.0\r\n\r\n', want: [200] },
  {
    name: 'A11: an address with its port',
    text: `GET / HTTP/1.1\r\nHost: 10.75.0.1:4080\r\n${CLOSE}\r\n`,
    want: [200],
  },
  {
    name: 'A11: a whole URL',
    text: `GET http://x/images/vmlinuz HTTP/1.1\r\nHost: x\r\n${CLOSE}\r\n`,
    want: [200],
  },
  {
    name: 'A11: a whole URL in capitals, with a port',
    text: `GET HTTP://x:4080/images/vmlinuz HTTP/1.1\r\nHost: y\r\n${CLOSE}\r\n`,
    want: [200],
  },
  {
    name: 'A11: a whole URL without a path',
    text: `GET http://x HTTP/1.1\r\nHost: x\r\n${CLOSE}\r\n`,
    want: [200],
  },
  {
    name: 'A11: a whole URL that leads to an operator’s route',
    text: `GET http://127.0.0.1/health HTTP/1.1\r\nHost: x\r\n${CLOSE}\r\n`,
    want: [200],
  },
  {
    name: 'A11: a whole URL whose authority is not ours, though Host is',
    text: `GET http://evil.example/health HTTP/1.1\r\nHost: 127.0.0.1\r\n${CLOSE}\r\n`,
    want: [421],
  },
  {
    name: 'A11: the URL of another scheme',
    text: `GET https://x/images/vmlinuz HTTP/1.1\r\nHost: x\r\n${CLOSE}\r\n`,
    want: [400],
  },
  {
    name: 'A11: an object’s own names as a mirror',
    text: ['constructor', '__proto__', 'toString', 'hasOwnProperty']
      .map((name, index) => `GET /mirror/${name}/x HTTP/1.1\r\nHost: x\r\n${index === 3 ? CLOSE : ''}\r\n`)
      .join(''),
    want: [404, 404, 404, 404],
  },
  {
    name: 'smuggling: a length and chunks',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: two lengths',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 5\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: a list of lengths',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 0\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: a signed length',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: chunks that are not the last coding',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: a coding that is no name',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: a blank before the colon',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: a folded header',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: a line that ends with CR alone',
    text: `GET / HTTP/1.1\r\nHost: x\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: the length of a chunk that is no number',
    text: `POST /final-ignition-config.json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
  {
    name: 'smuggling: a NUL in a header',
    text: `GET / HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n${SMUGGLED}`,
    want: [400],
  },
];

describe('what a request is asked of', () => {
  let house: House;
  before(async () => {
    house = await openHouse();
  });
  after(() => house.close());

  for (const { name, text, want } of requests) {
    it(`${name}: ${want.join(', ')}`, async () => {
      const said = await talk(house.url, text);
      const statuses = [...said.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
      expect(statuses).to.deep.equal(want);
      expect([...house.store.hosts()]).to.deep.equal([]);
    });
  }
});
