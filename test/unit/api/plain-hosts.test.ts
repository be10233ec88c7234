import { expect } from 'chai';
import fc from 'fast-check';
import { isPlainHost, plainHosts } from '../../../src/api/plain-hosts.js';
import { ApiHost } from '../../../src/api/schemas.js';
import { apiHost } from './fake-imago.js';

const full: ApiHost = {
  serial: 'ser0001',
  state: 'installing',
  address: '10.75.0.20',
  extraAddresses: { storage: '10.81.0.10' },
  profile: 'core',
  diskless: true,
  platform: 'uefi',
  isProfileTentative: true,
  hardware: {
    manufacturer: 'Dell Inc.',
    product: 'R740',
    memoryBytes: 64e9,
    disks: [{ name: 'sda', bytes: 1e12 }],
  },
  macAddresses: ['52:54:00:00:00:01'],
  cards: ['52:54:00:00:00:01'],
  bootMac: '52:54:00:00:00:01',
  uuid: '11111111-2222-3333-4444-555555555555',
  ipmiAddress: '10.76.0.1',
  providerId: 'XY',
  etcdClusterToken: 'f00d',
  metadata: ['role=core'],
  osVersion: '3374.2.0',
  lastBoot: '2026-11-21T02:03:04.567Z',
  connectedNic: 'enp0s3',
  hostname: 'node1',
  machineId: '00007e26',
  cabinet: 3,
  machineOnCabinet: 7,
  overrides: { color: 'red' },
  versions: { docker: '20.10' },
  progress: { phase: 'write', message: '40 %', time: '2026-11-21T02:05:00Z' },
};

/** Every value that JSON has, and some that are nearly right. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    '2026-02-30T00:00:00Z',
    '2026-02-28T24:00:00Z',
    '2026-11-21T02:03:04+01:00',
    'running',
    -1,
    1.5,
    2 ** 60,
  ),
  fc.array(fc.oneof(fc.string(), fc.jsonValue()), { maxLength: 3 }),
  fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.jsonValue()), { maxKeys: 3 }),
);

describe('api/plain-hosts', () => {
  it('knows every field of the schema', () => {
    const left = ['stuck', 'lock']; // to the schema
    expect([...Object.keys(full), ...left]).to.include.members(Object.keys(ApiHost.shape));
    expect(isPlainHost({ ...full, stuck: {} })).to.equal(false);
    expect(isPlainHost(full)).to.equal(true);
    expect(isPlainHost(apiHost({ serial: 'a' }))).to.equal(true);
  });

  it('lets nothing pass that the schema refuses, whichever field is wrong', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(full)), anything, (field, value) => {
        const host: unknown = { ...full, [field]: value };
        if (isPlainHost(host)) expect(ApiHost.safeParse(host).success, JSON.stringify(host)).to.equal(true);
      }),
      { seed: 11, numRuns: 5000 },
    );
  });

  for (const field of ['serial', 'state', 'macAddresses', 'metadata', 'overrides', 'versions']) {
    it(`does not pass a host without ${field}`, () => {
      expect(isPlainHost({ ...full, [field]: undefined })).to.equal(false);
    });
  }

  for (const answer of [undefined, null, [], {}, { hosts: {} }, { hosts: [1] }, { hosts: [full, {}] }]) {
    it(`leaves ${JSON.stringify(answer)} to the schema`, () => {
      expect(plainHosts(answer)).to.equal(undefined);
    });
  }
});
