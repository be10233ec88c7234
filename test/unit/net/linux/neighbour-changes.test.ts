import { expect } from 'chai';
import { parseIpv4 } from '../../../../src/net/ipv4.js';
import { parseMac } from '../../../../src/net/mac-address.js';
import { CardChanges, neighboursIn } from '../../../../src/net/linux/neighbour-changes.js';

const LINK = 3;
const address = parseIpv4('10.75.0.21');
const one = parseMac('52:54:00:00:00:01');
const two = parseMac('52:54:00:00:00:02');

describe('the card at an address', () => {
  it('is steady while nobody or one and the same is heard of', () => {
    const changes = new CardChanges();
    expect(changes.isSteadySince(address, 0)).to.equal(true);
    for (const now of [100, 200, 300]) changes.heard({ address, mac: one }, now);
    expect(changes.isSteadySince(address, 0)).to.equal(true);
  });

  it('is not where another one was in between, and is again from then on', () => {
    const changes = new CardChanges();
    changes.heard({ address, mac: one }, 100);
    changes.heard({ address, mac: two }, 200);
    changes.heard({ address, mac: one }, 300);
    changes.heard({ address, mac: one }, 400);
    expect(changes.isSteadySince(address, 300)).to.equal(false);
    expect(changes.isSteadySince(address, 301)).to.equal(true);
    expect(changes.isSteadySince(parseIpv4('10.75.0.22'), 0)).to.equal(true);
  });

  it('is not known to be where the kernel said more than was listened to', () => {
    const changes = new CardChanges();
    changes.lost(500);
    expect(changes.isSteadySince(address, 500)).to.equal(false);
    expect(changes.isSteadySince(address, 501)).to.equal(true);
  });

  it('is kept of so many addresses as a large network has', () => {
    const changes = new CardChanges();
    for (let host = 0; host < 100_001; host += 1)
      for (const mac of [one, two])
        changes.heard(
          { address: parseIpv4(`10.${1 + (host >> 16)}.${(host >> 8) & 255}.${host & 255}`), mac },
          10,
        );
    expect(changes.isSteadySince(parseIpv4('10.1.0.0'), 0)).to.equal(true);
    expect(changes.isSteadySince(parseIpv4('10.1.0.1'), 0)).to.equal(false);
  });
});

describe('a message of the kernel about neighbours', () => {
  const words = (...numbers: number[]) => new Uint8Array(Uint16Array.from(numbers).buffer);
  const message = (type: number, ...attributes: Uint8Array[]) => {
    const body = Buffer.concat([words(2, 0, LINK, 0, 4, 1), ...attributes]);
    return Buffer.concat([
      new Uint8Array(Uint32Array.of(16 + body.length).buffer),
      words(type, 0, 0, 0, 0, 0),
      body,
    ]);
  };
  const attribute = (kind: number, ...octets: number[]) =>
    Buffer.concat([
      words(4 + octets.length, kind),
      Uint8Array.from(octets),
      new Uint8Array((4 - (octets.length % 4)) % 4),
    ]);
  const destination = attribute(1, 10, 75, 0, 21);
  const card = attribute(2, 0x52, 0x54, 0, 0, 0, 1);

  it('names address and card, one after the other in one datagram', () => {
    const other = message(28, attribute(1, 10, 75, 0, 22), attribute(2, 0x52, 0x54, 0, 0, 0, 2));
    expect(neighboursIn(Buffer.concat([message(28, destination, card), other]))).to.deep.equal([
      { link: LINK, address, mac: one },
      { link: LINK, address: parseIpv4('10.75.0.22'), mac: two },
    ]);
  });

  for (const { what, bytes } of [
    { what: 'of another kind', bytes: message(29, destination, card) },
    { what: 'of IPv6', bytes: message(28, attribute(1, ...new Uint8Array(16)), card) },
    { what: 'without a card', bytes: message(28, destination) },
    { what: 'of a bridge, without an address', bytes: message(28, card) },
    { what: 'that is cut off', bytes: message(28, destination, card).subarray(0, 40) },
    { what: 'with an attribute of no length', bytes: message(28, words(0, 1), destination) },
    { what: 'of nothing', bytes: new Uint8Array(0) },
  ])
    it(`${what} tells nothing`, () => expect(neighboursIn(bytes)).to.deep.equal([]));
});
