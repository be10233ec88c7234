import { expect } from 'chai';
import { parseSerial } from '../../../src/host/serial.js';
import { decideDelivery, type Delivery, type DeliveryQuestion } from '../../../src/secrets/delivery.js';

const HOUR = 3600_000;
const NOW = Date.UTC(2026, 10, 29, 12);

const question: DeliveryQuestion = {
  isProven: true,
  boot: 'this',
  isBootKnown: true,
  recipient: '',
  state: 'installing',
  isForEveryBoot: false,
  configuredAt: NOW - HOUR,
  windowMs: 6 * HOUR,
  now: NOW,
};

const delivered = (facts: Partial<Delivery> = {}): Delivery => ({
  serial: parseSerial('a'),
  document: 'ignition',
  boot: 'this',
  at: NOW - 10_000,
  names: ['root-hash'],
  digest: 'd',
  recipient: '',
  ...facts,
});

describe('whether a machine is handed its secrets', () => {
  const rows: {
    name: string;
    facts?: Partial<DeliveryQuestion>;
    earlier?: readonly Delivery[];
    want: ReturnType<typeof decideDelivery>['kind'];
    says?: RegExp;
  }[] = [
    { name: 'one that installs itself, and is proven', want: 'serve' },
    { name: 'one that is configured', facts: { state: 'configured' }, want: 'serve' },
    { name: 'nobody who does not prove it', facts: { isProven: false }, want: 'unproven' },
    {
      name: 'nobody who does not prove it, also where it was handed them a moment ago',
      facts: { isProven: false },
      earlier: [delivered()],
      want: 'unproven',
    },
    {
      name: 'not one that is installed',
      facts: { state: 'installed' },
      want: 'closed',
      says: /it is installed/,
    },
    { name: 'not one that runs', facts: { state: 'running', configuredAt: undefined }, want: 'closed' },
    { name: 'not one that was never configured', facts: { state: 'unknown' }, want: 'closed' },
    {
      name: 'a diskless one that runs, where all are for every boot',
      facts: { state: 'running', isForEveryBoot: true, configuredAt: undefined },
      want: 'serve',
    },
    {
      name: 'not a diskless one whose boots are not told apart',
      facts: { state: 'running', isForEveryBoot: true, isBootKnown: false, configuredAt: undefined },
      want: 'closed',
    },
    {
      name: 'not a diskless one that has them for this boot',
      facts: { state: 'running', isForEveryBoot: true, configuredAt: undefined },
      earlier: [delivered({ at: NOW - HOUR })],
      want: 'served',
    },
    { name: 'at the end of the window', facts: { configuredAt: NOW - 6 * HOUR }, want: 'serve' },
    {
      name: 'not after the window',
      facts: { configuredAt: NOW - 6 * HOUR - 1000 },
      want: 'closed',
      says: /became configured 6 h ago, and secrets.windowHours is 6 h/,
    },
    {
      name: 'not where nothing tells when it became configured',
      facts: { configuredAt: -Infinity },
      want: 'closed',
      says: /nothing tells when/,
    },
    { name: 'the same again within a minute', earlier: [delivered()], want: 'repeat' },
    { name: 'the same again after 60 s', earlier: [delivered({ at: NOW - 60_000 })], want: 'repeat' },
    {
      name: 'not again after that',
      earlier: [delivered({ at: NOW - 61_000 })],
      want: 'served',
      says: /this boot of it was handed ignition 61 s ago/,
    },
    {
      name: 'not again because the clock was put back',
      earlier: [delivered({ at: NOW + HOUR })],
      want: 'served',
    },
    {
      name: 'not to another key within the minute',
      facts: { recipient: 'mine' },
      earlier: [delivered({ recipient: 'its' })],
      want: 'served',
      says: /sealed to another key/,
    },
    { name: 'the next boot, at once', earlier: [delivered({ boot: 'before' })], want: 'serve' },
    {
      name: 'this boot, though the one before it asked in between',
      earlier: [delivered({ at: NOW - 90_000 }), delivered({ boot: 'before' })],
      want: 'served',
    },
    {
      name: 'this boot once more, where it became configured since',
      facts: { configuredAt: NOW - 1000 },
      earlier: [delivered({ at: NOW - HOUR })],
      want: 'serve',
    },
  ];
  for (const { name, facts = {}, earlier = [], want, says } of rows) {
    it(`${want}: ${name}`, () => {
      const decision = decideDelivery({ ...question, ...facts }, earlier);
      expect(decision.kind).to.equal(want);
      if (says) expect('reason' in decision ? decision.reason : '').to.match(says);
    });
  }
});
