import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { HostSteps, type HostPatch } from '../../../src/provision/host-steps.js';

const host = newHost(parseSerial('abc'), {
  hostname: 'node1',
  metadata: ['role=core'],
  overrides: { color: 'red' },
  lastBoot: new Date(0),
});

const cases: readonly { readonly name: string; readonly patch: HostPatch; readonly want: object }[] = [
  { name: 'a new field', patch: { profile: 'core' }, want: { ...host, profile: 'core' } },
  { name: 'another value', patch: { hostname: 'node2' }, want: { ...host, hostname: 'node2' } },
  {
    name: 'a longer list',
    patch: { metadata: ['role=core', 'a=b'] },
    want: { ...host, metadata: ['role=core', 'a=b'] },
  },
  { name: 'another time', patch: { lastBoot: new Date(1) }, want: { ...host, lastBoot: new Date(1) } },
  {
    name: 'one news beside what is so already',
    patch: { hostname: 'node1', metadata: ['role=core'], cabinet: 3 },
    want: { ...host, cabinet: 3 },
  },
];

const nothings: readonly { readonly name: string; readonly patch: HostPatch }[] = [
  { name: 'no fields', patch: {} },
  { name: 'the same value', patch: { hostname: 'node1' } },
  { name: 'the same list', patch: { metadata: ['role=core'] } },
  { name: 'the same table', patch: { overrides: { color: 'red' } } },
  { name: 'the same time', patch: { lastBoot: new Date(0) } },
  { name: 'what is not there taken away', patch: { profile: undefined } },
];

describe('the steps of a host', () => {
  for (const { name, patch, want } of cases) {
    it(`are one more with ${name}`, () => {
      const steps = new HostSteps(host);
      steps.take('a step', patch);
      expect(steps.host).to.deep.equal(want);
      expect(steps.changes).to.deep.equal([{ host: steps.host, what: 'a step' }]);
    });
  }

  it('leave no field behind that is taken away, and the host before as it was', () => {
    const steps = new HostSteps(host);
    steps.take('a step', { hostname: undefined });
    expect(steps.host).to.not.have.property('hostname');
    expect(host.hostname).to.equal('node1');
  });

  for (const { name, patch } of nothings) {
    it(`are no more with ${name}`, () => {
      const steps = new HostSteps(host);
      steps.take('a step', patch);
      expect(steps.host).to.equal(host);
      expect(steps.changes).to.deep.equal([]);
    });
  }
});
