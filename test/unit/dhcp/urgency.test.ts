import { expect } from 'chai';
import sinon from 'sinon';
import { Urgency } from '../../../src/dhcp/urgency.js';
import { UNSPECIFIED_IPV4 } from '../../../src/net/ipv4.js';
import { packet } from './packets.js';

const discover = (xid: number) => packet({ xid, options: [[53, '01']] });
const sender = { address: UNSPECIFIED_IPV4, port: 68 };
const request = (xid: number) => packet({ xid, options: [[53, '03']] });

describe('Urgency', () => {
  let clock: sinon.SinonFakeTimers;
  let taken: number[];
  let batches: number;
  let urgency: Urgency;
  beforeEach(() => {
    clock = sinon.useFakeTimers({ now: 1_000_000 });
    taken = [];
    batches = 0;
    urgency = new Urgency(
      (datagram) => taken.push(datagram.readUInt32BE(4)),
      () => {
        batches += 1;
      },
      Date.now,
    );
  });
  afterEach(() => {
    urgency.stop();
    clock.restore();
  });

  it('takes everything as it comes, up to 64 DISCOVERs in 10 ms', () => {
    for (let xid = 0; xid < 64; xid += 1) urgency.take(discover(xid), sender);
    for (let xid = 64; xid < 500; xid += 1) urgency.take(request(xid), sender);
    urgency.endBatch();
    expect(taken).to.deep.equal(Array.from({ length: 500 }, (_, xid) => xid));
    expect(batches).to.equal(1);
  });

  it('lets further DISCOVERs wait, REQUESTs never, and takes the youngest first', () => {
    for (let xid = 0; xid < 70; xid += 1) urgency.take(discover(xid), sender);
    urgency.take(request(70), sender);
    urgency.endBatch();
    expect(taken.slice(64)).to.deep.equal([70]);
    clock.tick(12);
    expect(taken.slice(65)).to.deep.equal([69, 68, 67, 66, 65, 64]);
  });

  it('answers more DISCOVERs where more exchanges come to their end', () => {
    for (let xid = 0; xid < 200; xid += 1) urgency.take(request(xid), sender);
    for (let xid = 200; xid < 500; xid += 1) urgency.take(discover(xid), sender);
    expect(taken).to.have.length(450);
  });

  it('forgets the oldest when too many wait, and all when it is stopped', () => {
    for (let xid = 0; xid < 10_000; xid += 1) urgency.take(discover(xid), sender);
    urgency.stop();
    clock.tick(1000);
    expect(taken).to.have.length(64);
    expect(clock.countTimers()).to.equal(0);
  });

  it('keeps what waits though its memory is used again', () => {
    const memory = Buffer.alloc(300);
    for (let xid = 0; xid < 66; xid += 1) {
      discover(xid).copy(memory);
      urgency.take(memory, sender);
    }
    urgency.endBatch();
    clock.tick(12);
    expect(taken.slice(64)).to.deep.equal([65, 64]);
  });
});
