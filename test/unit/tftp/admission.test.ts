import { expect } from 'chai';
import { toIpv4 } from '../../../src/net/ipv4.js';
import { Admission, type AdmissionLimits, type Entry } from '../../../src/tftp/admission.js';
import type { RequestPacket } from '../../../src/tftp/packet.js';
import { Session } from '../../../src/tftp/session.js';
import { memoryFile } from '../../../src/tftp/source.js';
import type { Peer } from '../../../src/tftp/transport.js';

const request = (filename: string): RequestPacket => ({
  kind: 'rrq',
  filename,
  mode: 'octet',
  options: new Map(),
});
const peer = (port: number, host = 16): Peer => ({ address: toIpv4(0x0a4b0000 + host), port });

describe('who is admitted to a TFTP transfer', () => {
  const admitted = (
    limits: Partial<AdmissionLimits>,
    ...peers: Peer[]
  ): { admission: Admission; entry: Entry } => {
    const admission = new Admission(limits);
    const entries = peers.map((each) => admission.admit(request('a'), each, 0));
    const last = entries.at(-1);
    if (last?.kind !== 'admitted') throw new Error('not admitted');
    return { admission, entry: last.entry };
  };

  /** A session that has heard block 1 at the time 100. */
  const progressed = (): Session => {
    const wire = { sendPacket: () => undefined, sendBlocks: () => undefined, close: () => undefined };
    const agreement = { blockSize: 512, windowSize: 1, timeoutSeconds: undefined, acknowledged: new Map() };
    const session = new Session(memoryFile(Buffer.alloc(2000)), agreement, wire, () => undefined, 0);
    session.start(0);
    session.acknowledged(1, 100);
    return session;
  };

  it('a client port has one transfer: an equal request is a repetition', () => {
    const { admission, entry } = admitted({}, peer(1000));
    expect(admission.admit(request('a'), peer(1000), 1)).to.deep.equal({ kind: 'repetition', entry });
    expect(admission.size).to.equal(1);
  });

  it('another request of the port takes the place of the first', () => {
    const { admission, entry } = admitted({}, peer(1000));
    expect(admission.admit(request('b'), peer(1000), 1)).to.include({ kind: 'admitted', replaced: entry });
    expect(admission.size).to.equal(1);
    expect(admission.holds(entry)).to.equal(false);
  });

  for (const { name, now, kind } of [
    { name: 'an equal request in the middle of a transfer is late', now: 1100, kind: 'repetition' },
    { name: 'a second after the last word it is a machine that started anew', now: 1101, kind: 'admitted' },
  ]) {
    it(name, () => {
      const { admission, entry } = admitted({}, peer(1000));
      entry.session = progressed();
      expect(admission.admit(request('a'), peer(1000), now).kind).to.equal(kind);
    });
  }

  it('another port of the client, or the same port of another one, is another transfer', () => {
    const { admission } = admitted({}, peer(1000), peer(1001), peer(1000, 17));
    expect(admission.size).to.equal(3);
  });

  it('a client address has its limit', () => {
    const { admission, entry } = admitted({ maxTransfersPerClient: 2 }, peer(1), peer(2));
    expect(admission.admit(request('a'), peer(3), 0).kind).to.equal('client-full');
    expect(admission.admit(request('a'), peer(3, 17), 0).kind).to.equal('admitted');
    admission.leave(entry);
    admission.leave(entry); // twice counts once
    expect(admission.admit(request('a'), peer(3), 0).kind).to.equal('admitted');
    expect(admission.admit(request('a'), peer(4), 0).kind).to.equal('client-full');
  });

  it('all of them together have theirs', () => {
    const { admission, entry } = admitted({ maxTransfers: 2 }, peer(1), peer(2));
    expect(admission.admit(request('a'), peer(3, 17), 0).kind).to.equal('full');
    admission.leave(entry);
    expect(admission.admit(request('a'), peer(3, 17), 0).kind).to.equal('admitted');
  });
});
