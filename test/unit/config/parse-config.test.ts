import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { ConfigInvalid, parseConfig } from '../../../src/config/parse-config.js';
import { formatIpv4, parseIpv4 } from '../../../src/net/ipv4.js';

const shipped = readFileSync('conf/imago.yaml', 'utf8');

const sound = `cluster: test
network:
  interface: br0
  serverAddress: 10.75.0.1
  subnet: 10.75.0.0/24
  bootstrapRange: { first: 10.75.0.100, last: 10.75.0.199 }
  hostRange: { first: 10.75.0.10, last: 10.75.0.99 }
profiles:
  - name: core
    quantity: 2
    osVersion: v1
  - name: default
    osVersion: v1
`;

function faultsOf(text: string): string[] {
  try {
    parseConfig(text, 'imago.yaml');
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}

describe('the configuration', () => {
  it('that is shipped is sound', () => {
    const config = parseConfig(shipped, 'conf/imago.yaml');
    expect(formatIpv4(config.network.serverAddress)).to.equal('10.75.0.1');
    expect(config.profiles.map(({ name }) => name)).to.deep.equal(['core', 'default']);
  });

  it('Y12: that is shipped names no server of names or time that does not answer', () => {
    const { dns, network } = parseConfig(shipped, 'conf/imago.yaml');
    expect([dns.enabled, network.dns, network.ntp]).to.deep.equal([false, [], []]);
  });

  it('Y12: does not let DNS ask itself', () => {
    expect(faultsOf(`${sound}dns: { enabled: true, upstreams: [10.75.0.2, 10.75.0.1] }\n`)).to.deep.equal([
      'imago.yaml:14:46: dns.upstreams[1]: 10.75.0.1 is this server itself: name one that knows other names',
    ]);
  });

  it('needs little: the rest has defaults', () => {
    const config = parseConfig(sound, 'imago.yaml');
    expect(config.network.bootstrapRange.leaseSeconds).to.equal(120);
    expect(config.listeners.http.port).to.equal(4080);
    expect(config.profiles[0]?.install.disk).to.deep.equal({
      choose: 'smallest',
      minGigabytes: 0,
      name: '*',
    });
  });

  for (const { name, from, to, want } of [
    {
      name: 'a bad address',
      from: '10.75.0.1\n',
      to: '10.75.0.256\n',
      want: "imago.yaml:4:3: network.serverAddress: '10.75.0.256' is not an IPv4 address: write four numbers from 0 to 255, as in 10.75.0.1",
    },
    {
      name: 'a range outside the subnet',
      from: 'last: 10.75.0.199',
      to: 'last: 10.76.0.199',
      want: 'imago.yaml:6:41: network.bootstrapRange.last: 10.76.0.199 is not an address for a host in network.subnet 10.75.0.0/24: choose one inside',
    },
    {
      name: 'a range that runs backwards',
      from: 'last: 10.75.0.199',
      to: 'last: 10.75.0.50',
      want: 'imago.yaml:6:3: network.bootstrapRange: begins at 10.75.0.100, after its end 10.75.0.50: exchange first and last',
    },
    {
      name: 'ranges that meet',
      from: 'last: 10.75.0.99',
      to: 'last: 10.75.0.100',
      want: 'imago.yaml:7:3: network.hostRange: 10.75.0.10-10.75.0.100 overlaps bootstrapRange 10.75.0.100-10.75.0.199: fixed and dynamic addresses must not meet',
    },
    {
      name: 'a range that holds the server',
      from: 'first: 10.75.0.10,',
      to: 'first: 10.75.0.1,',
      want: 'imago.yaml:7:3: network.hostRange: 10.75.0.1-10.75.0.99 holds the server’s own address 10.75.0.1: move one of them',
    },
    {
      name: 'an unknown key',
      from: '  interface: br0',
      to: '  interface: br0\n  intreface: br1',
      want: 'imago.yaml:4:3: network.intreface: there is no such setting: did you mean interface?',
    },
    {
      name: 'a missing key',
      from: '  interface: br0\n',
      to: '',
      want: 'imago.yaml:2:1: network.interface: is missing: write text (the one interface of the provisioning VLAN)',
    },
    {
      name: 'a subnet with host bits',
      from: '10.75.0.0/24',
      to: '10.75.0.7/24',
      want: "imago.yaml:5:3: network.subnet: '10.75.0.7/24' is not a subnet: its network address is 10.75.0.0: write 10.75.0.0/24",
    },
    {
      name: 'a name used twice',
      from: 'name: core',
      to: 'name: default',
      want: "imago.yaml:12:5: profiles[1].name: 'default' is the name of an earlier profile: give each its own",
    },
    {
      name: 'no default profile',
      from: 'name: default',
      to: 'name: other',
      want: "imago.yaml:8:1: profiles: none is named 'default': new machines get it when all others are full",
    },
    {
      name: 'an unknown profile',
      from: 'cluster: test',
      to: 'cluster: test\nhosts: [{ serial: A1, profile: cor }]',
      want: "imago.yaml:2:23: hosts[0].profile: there is no profile 'cor': did you mean core?",
    },
    {
      name: 'a fixed address outside its range',
      from: 'cluster: test',
      to: 'cluster: test\nhosts: [{ serial: A1, address: 10.75.0.5 }]',
      want: 'imago.yaml:2:23: hosts[0].address: 10.75.0.5 is outside network.hostRange 10.75.0.10-10.75.0.99: choose one inside',
    },
    {
      name: 'a serial twice, in whatever case',
      from: 'cluster: test',
      to: 'cluster: test\nhosts: [{ serial: A1 }, { serial: a1 }]',
      want: "imago.yaml:2:27: hosts[1].serial: 'a1' is the serial of an earlier host",
    },
  ]) {
    it(`is refused for ${name}, with its place`, () => {
      expect(sound, 'the text to replace').to.include(from);
      expect(faultsOf(sound.replace(from, to))).to.deep.equal([want]);
    });
  }

  it('Y13: takes tags without a value, names of time servers, and profiles of the default version', () => {
    const { profiles, network, defaultOsVersion } = parseConfig(
      sound
        .replace('    quantity: 2\n', '    tags: [spare, role/core, "a=b=c"]\n')
        .replaceAll('    osVersion: v1\n', '')
        .replace('  serverAddress:', '  ntp: [10.75.0.1, pool.ntp.org]\n  serverAddress:')
        .concat('defaultOsVersion: v7\n'),
      'imago.yaml',
    );
    expect(defaultOsVersion).to.equal('v7');
    expect(profiles.map(({ osVersion }) => osVersion)).to.deep.equal(['v7', 'v7']);
    expect(profiles[0]?.tags).to.deep.equal(['spare', 'role/core', 'a=b=c']);
    expect(network.ntp).to.deep.equal([parseIpv4('10.75.0.1'), 'pool.ntp.org']);
  });

  it('holds the sound parts of a section against others, whatever else is at fault in it', () => {
    const faulty = sound
      .replace('interface: br0', 'interface: a/b')
      .replace('last: 10.75.0.99 }', 'last: 10.75.0.150 }')
      .replace('osVersion: v1\n  - name: default', 'osVersion: a/b\n  - name: default');
    const more =
      'newHosts: { requireLease: true, perMinute: many }\ndhcp: { mode: proxy, offerSeconds: 1 }\n';
    const places = faultsOf(`${faulty}${more}`).map((fault) => /: (\S+): /.exec(fault)?.[1]);
    expect(places).to.deep.equal([
      'network.interface',
      'network.hostRange',
      'profiles[0].osVersion',
      'newHosts.requireLease',
      'newHosts.perMinute',
      'dhcp.offerSeconds',
    ]);
  });

  it('tells all its faults at once, in the order of its lines', () => {
    const broken = sound
      .replace('cluster: test', 'cluster: te/st')
      .replace('serverAddress: 10.75.0.1', 'serverAddress: 10.99.0.1')
      .replace('quantity: 2', 'quantity: -2')
      .replace('    osVersion: v1\n', '');
    expect(faultsOf(broken).map((line) => line.split(': ').slice(0, 2).join(': '))).to.deep.equal([
      'imago.yaml:1:1: cluster',
      'imago.yaml:4:3: network.serverAddress',
      'imago.yaml:9:5: profiles[0].osVersion',
      'imago.yaml:10:5: profiles[0].quantity',
    ]);
  });

  it('says where it is not even YAML', () => {
    expect(faultsOf('cluster: [a\nnetwork: {')[0]).to.match(/^imago\.yaml:\d+:\d+: is not YAML: /);
    expect(faultsOf('cluster: a\ncluster: b')[0]).to.match(/^imago\.yaml:2:1: is not YAML: .*unique/i);
  });

  it('is refused, and never crashes, whatever is written into it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.integer({ min: 0, max: sound.length }), (junk, at) => {
        faultsOf(junk);
        faultsOf(sound.slice(0, at) + junk + sound.slice(at));
      }),
      { numRuns: 300 },
    );
  }).timeout(30_000);
});
