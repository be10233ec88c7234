import { expect } from 'chai';
import { negotiate, type NegotiationLimits } from '../../../src/tftp/negotiation.js';

const SIZE = 1_034_240;

interface Case {
  readonly name: string;
  readonly requested: Record<string, string>;
  readonly limits?: NegotiationLimits;
  readonly acknowledged: Record<string, string>;
  readonly blockSize?: number;
  readonly windowSize?: number;
  readonly timeoutSeconds?: number;
}

describe('TFTP option negotiation', () => {
  const table: Case[] = [
    { name: 'nothing asked, nothing acknowledged', requested: {}, acknowledged: {} },
    {
      name: 'tsize alone tells the size and changes nothing else',
      requested: { tsize: '0' },
      acknowledged: { tsize: '1034240' },
    },
    {
      name: "OVMF's first request",
      requested: { tsize: '0', blksize: '1468', windowsize: '4' },
      acknowledged: { tsize: '1034240', blksize: '1468', windowsize: '4' },
      blockSize: 1468,
      windowSize: 4,
    },
    {
      name: "OVMF's second request gets no tsize",
      requested: { blksize: '1468', windowsize: '4' },
      acknowledged: { blksize: '1468', windowsize: '4' },
      blockSize: 1468,
      windowSize: 4,
    },
    {
      name: 'a blksize of 8 is the smallest',
      requested: { blksize: '8' },
      acknowledged: { blksize: '8' },
      blockSize: 8,
    },
    { name: 'a blksize of 7 is passed over', requested: { blksize: '7' }, acknowledged: {} },
    { name: 'a blksize of 0 is passed over', requested: { blksize: '0' }, acknowledged: {} },
    { name: 'a blksize that is no number is passed over', requested: { blksize: 'big' }, acknowledged: {} },
    { name: 'a negative blksize is passed over', requested: { blksize: '-1' }, acknowledged: {} },
    { name: 'a blksize of nothing is passed over', requested: { blksize: '' }, acknowledged: {} },
    { name: 'a hexadecimal blksize is passed over', requested: { blksize: '0x200' }, acknowledged: {} },
    {
      name: 'the largest blksize of the RFC',
      requested: { blksize: '65464' },
      acknowledged: { blksize: '65464' },
      blockSize: 65464,
    },
    {
      name: 'A3: a window of large blocks holds 256 KiB at most, in whatever order they are asked for',
      requested: { windowsize: '64', blksize: '65464' },
      acknowledged: { windowsize: '4', blksize: '65464' },
      blockSize: 65464,
      windowSize: 4,
    },
    {
      name: 'a blksize above it is clamped',
      requested: { blksize: '65465' },
      acknowledged: { blksize: '65464' },
      blockSize: 65464,
    },
    {
      name: 'a blksize above the limit of the configuration is clamped to that',
      requested: { blksize: '9000' },
      limits: { maxBlockSize: 1428 },
      acknowledged: { blksize: '1428' },
      blockSize: 1428,
    },
    {
      name: 'a window of one block is lock-step, and acknowledged',
      requested: { windowsize: '1' },
      acknowledged: { windowsize: '1' },
    },
    {
      name: 'a window larger than a receive buffer is answered with less',
      requested: { windowsize: '65535' },
      acknowledged: { windowsize: '64' },
      windowSize: 64,
    },
    {
      name: 'a window above the limit of the configuration is answered with that',
      requested: { windowsize: '16' },
      limits: { maxWindowSize: 4 },
      acknowledged: { windowsize: '4' },
      windowSize: 4,
    },
    {
      name: 'a window that is no number is passed over',
      requested: { windowsize: 'wide' },
      acknowledged: {},
    },
    {
      name: 'a timeout is echoed and used',
      requested: { timeout: '5' },
      acknowledged: { timeout: '5' },
      timeoutSeconds: 5,
    },
    {
      name: 'the longest timeout of the RFC',
      requested: { timeout: '255' },
      acknowledged: { timeout: '255' },
      timeoutSeconds: 255,
    },
    { name: 'a timeout of 0 is passed over', requested: { timeout: '0' }, acknowledged: {} },
    { name: 'a timeout of 256 is passed over', requested: { timeout: '256' }, acknowledged: {} },
    {
      name: 'an unknown option is passed over',
      requested: { rollover: '0', multicast: '' },
      acknowledged: {},
    },
    { name: 'a tsize that is no number is passed over', requested: { tsize: 'how big?' }, acknowledged: {} },
  ];
  for (const { name, requested, limits, acknowledged, ...want } of table) {
    it(name, () => {
      const negotiation = negotiate(new Map(Object.entries(requested)), SIZE, limits);
      expect(negotiation).to.deep.equal({
        kind: 'agreed',
        agreement: {
          blockSize: 512,
          windowSize: 1,
          timeoutSeconds: undefined,
          ...want,
          acknowledged: new Map(Object.entries(acknowledged)),
        },
      });
    });
  }

  it('refuses a window of no blocks', () => {
    expect(negotiate(new Map([['windowsize', '0']]), SIZE).kind).to.equal('refused');
  });

  it('acknowledges in the order of the request', () => {
    const negotiation = negotiate(
      new Map(Object.entries({ windowsize: '2', tsize: '0', blksize: '1428' })),
      SIZE,
    );
    if (negotiation.kind !== 'agreed') throw new Error('refused');
    expect([...negotiation.agreement.acknowledged.keys()]).to.deep.equal(['windowsize', 'tsize', 'blksize']);
  });
});
