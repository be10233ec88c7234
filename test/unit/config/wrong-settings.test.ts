import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConfigUnreadable, loadConfig } from '../../../src/config/load-config.js';
import { ConfigInvalid, parseConfig } from '../../../src/config/parse-config.js';

const sound = `cluster: test
network:
  interface: br0
  serverAddress: 10.75.0.1
  subnet: 10.75.0.0/24
  bootstrapRange: { first: 10.75.0.100, last: 10.75.0.199 }
  hostRange: { first: 10.75.0.10, last: 10.75.0.99 }
profiles:
  - osVersion: v1
    name: core
  - { name: default, osVersion: v1 }
`;

/** How far the settings of a section are indented, and the line after which a new one goes. */
const sections = {
  network: { indent: '  ', after: 2 },
  profile: { indent: '    ', after: 9 },
  top: { indent: '', after: 1 },
};
type Section = keyof typeof sections;

/** The sound configuration with one line more, or other. */
function textWith(section: Section, line: string): string {
  const { indent, after } = sections[section];
  const lines = sound.split('\n');
  const isSame = (other: string) =>
    other.replace(/^ {2}- /, '    ').startsWith(`${indent}${line.split(':')[0]}:`);
  const same = lines.findIndex(isSame);
  if (same < 0) lines.splice(after, 0, indent + line);
  else lines[same] = lines[same]?.startsWith('  - ') ? `  - ${line}` : indent + line;
  return lines.join('\n');
}

function faultsOf(text: string | Uint8Array): string[] {
  try {
    parseConfig(text, 'f');
  } catch (error) {
    if (error instanceof ConfigInvalid)
      return error.message
        .split('\n')
        .slice(1)
        .map((line) => line.replace(/^f:/, ''));
    throw error;
  }
  return [];
}

/** A line of the configuration, and what is said of it: place, field, what stands there, what is expected. */
const wrong: Readonly<Record<Section, readonly (readonly [line: string, ...says: string[]])[]>> = {
  network: [
    ['dns: 10.75.0.1', "3:3: network.dns: '10.75.0.1' is not a list: write [10.75.0.1]"],
    [
      'dns: 10.75.0.1, 10.75.0.2',
      "3:3: network.dns: '10.75.0.1, 10.75.0.2' is not a list: write [10.75.0.1, 10.75.0.2]",
    ],
    ['dns:', '3:3: network.dns: is empty: write a list, as in [a, b], or take the line away'],
    [
      'dns: [10.75.0.1, x]',
      "3:20: network.dns[1]: 'x' is not an IPv4 address: write four numbers from 0 to 255, as in 10.75.0.1",
    ],
    [
      'dns: { a: 1 }',
      `3:3: network.dns: '{"a":1}' is a section where a list is wanted: put - in front of each entry`,
    ],
    ['dns: [10.75.0.1, null]', '3:20: network.dns[1]: is empty: write an IPv4 address, as in 10.75.0.1'],
    [
      'interface:',
      '3:3: network.interface: is empty: write text (the one interface of the provisioning VLAN)',
    ],
    [
      'interface: 7',
      `3:3: network.interface: '7' is a number where text is wanted: put it in quotes, as in "7"`,
    ],
    ['interface: [br0]', `3:3: network.interface: '["br0"]' is a list where text is wanted: write one text`],
    [
      'interface: eth 0',
      `3:3: network.interface: 'eth 0' is not the name of a network interface: see \`ip link\``,
    ],
    [
      'serverAddress: 10.75',
      "4:3: network.serverAddress: '10.75' is not text: write an IPv4 address, as in 10.75.0.1",
    ],
    [
      'serverAddress: ten',
      "4:3: network.serverAddress: 'ten' is not an IPv4 address: write four numbers from 0 to 255, as in 10.75.0.1",
    ],
    ['subnet: 10', "5:3: network.subnet: '10' is not text: write a subnet, as in 10.75.0.0/24"],
    [
      'hostRange: 10.75.0.10-10.75.0.99',
      "7:3: network.hostRange: '10.75.0.10-10.75.0.99' is text where a section is wanted: write its settings below it, indented: first, last",
    ],
    [
      'hostRange: [10.75.0.10, 10.75.0.99]',
      `7:3: network.hostRange: '["10.75.0.10","10.75.0.99"]' is a list where a section is wanted: write its settings below it, indented: first, last`,
    ],
    ['hostRange:', '7:3: network.hostRange: is empty: write its settings below it, indented: first, last'],
    [
      'hostRange: { from: 10.75.0.10, last: 10.75.0.99 }',
      '7:3: network.hostRange.first: is missing: write an IPv4 address, as in 10.75.0.1',
      '7:16: network.hostRange.from: there is no such setting: see network.hostRange in docs/configuration.md for its settings',
    ],
    [
      'allowOtherNetworks: "true"',
      "3:3: network.allowOtherNetworks: 'true' is not true or false: write true, without quotes",
    ],
    ['extraNics: storage', "3:3: network.extraNics: 'storage' is not a list: write [storage]"],
    ['ruter: 10.75.0.254', '3:3: network.ruter: there is no such setting: did you mean router?'],
  ],
  profile: [
    ['quantity: many', "10:5: profiles[0].quantity: 'many' is not a number: write a whole number, 0 or more"],
    [
      'quantity: "2"',
      "10:5: profiles[0].quantity: '2' is text where a number is wanted: write 2, without quotes",
    ],
    [
      'quantity: 2.5',
      "10:5: profiles[0].quantity: '2.5' is not a whole number: write a whole number, 0 or more",
    ],
    ['quantity: -1', "10:5: profiles[0].quantity: '-1' is too small: write a whole number, 0 or more"],
    ['quantity: .nan', "10:5: profiles[0].quantity: '.nan' is not a number: write a whole number, 0 or more"],
    [
      'quantity:',
      '10:5: profiles[0].quantity: is empty: write a whole number, 0 or more, or take the line away',
    ],
    [
      'quantity: 99999999999999999999',
      "10:5: profiles[0].quantity: '99999999999999999999' is too large: write a whole number, 0 or more",
    ],
    [
      'mode: diskles',
      "10:5: profiles[0].mode: 'diskles' is none of two-stage, direct-ignition, diskless: did you mean diskless?",
    ],
    [
      'mode: 7',
      "10:5: profiles[0].mode: '7' is none of two-stage, direct-ignition, diskless: write one of them",
    ],
    [
      'mode: installer',
      "10:5: profiles[0].mode: 'installer' is none of two-stage, direct-ignition, diskless: write one of them",
    ],
    ['name: 5', `10:5: profiles[0].name: '5' is a number where text is wanted: put it in quotes, as in "5"`],
    [
      'name: my core',
      "10:5: profiles[0].name: 'my core' is not a name: use letters, digits, dots, hyphens and underscores",
    ],
    [
      'osVersion: 1.10',
      `9:5: profiles[0].osVersion: '1.10' is a number where text is wanted: put it in quotes, as in "1.10"`,
    ],
    [
      'osVersion: true',
      `9:5: profiles[0].osVersion: 'true' is a truth value where text is wanted: put it in quotes, as in "true"`,
    ],
    [
      'osVersion:',
      '9:5: profiles[0].osVersion: is empty: write text (the folder in paths.images with its kernel, initial ramdisk and image), or take the line away',
    ],
    ['tags: role=core', "10:5: profiles[0].tags: 'role=core' is not a list: write [role=core]"],
    ['tags: [ro le]', "10:12: profiles[0].tags[0]: 'ro le' is not a tag, as in role=core or spare"],
    [
      'variables: 3',
      "10:5: profiles[0].variables: '3' is a number where a section is wanted: write entries below it, indented, as in name: value",
    ],
    [
      'boot: { localboot: exit }',
      '10:13: profiles[0].boot.localboot: there is no such setting: did you mean localBoot?',
    ],
    [
      'boot: { kernel: /vmlinuz }',
      "10:13: profiles[0].boot.kernel: '/vmlinuz' is not a path below its folder: write it without / in front and without ..",
    ],
    [
      'install: { disk: { choose: biggest } }',
      "10:24: profiles[0].install.disk.choose: 'biggest' is none of smallest, largest, first: write one of them",
    ],
    [
      'install: { disk: { minGigabytes: 10GB } }',
      "10:24: profiles[0].install.disk.minGigabytes: '10GB' is not a number: write a number, 0 or more",
    ],
    [
      'etcdToken: a-b',
      "10:5: profiles[0].etcdToken: 'a-b' is not an etcd discovery token: write up to 64 letters and digits",
    ],
  ],
  top: [
    [
      'secrets: { named: { x: { encoding: base64 } } }',
      '2:21: secrets.named.x: says not where it stands: give one of file, credential, age, sops, program',
    ],
    [
      'secrets: { named: { x: { file: /a, credential: b } } }',
      '2:21: secrets.named.x: stands in file and credential: give one of them only',
    ],
    [
      'secrets: { named: { x: { file: /a, encoding: hex } } }',
      "2:36: secrets.named.x.encoding: 'hex' is none of text, base64: write one of them",
    ],
    [
      'secrets: { named: { x: { file: hunter2 } } }',
      '2:26: secrets.named.x.file: (not shown) is not an absolute path: begin it with /',
    ],
    ['secrets: { windowHours: 0 }', "2:12: secrets.windowHours: '0' is too small: write a number above 0"],
    [
      'secrets: { named: { x: { file: /a, profiles: [cora] } } }',
      "2:47: secrets.named.x.profiles[0]: there is no profile 'cora': did you mean core?",
    ],
    ['dhcp: { mode: srver }', "2:9: dhcp.mode: 'srver' is none of server, proxy, off: did you mean server?"],
    ['dhcp: { mode: on }', "2:9: dhcp.mode: 'on' is none of server, proxy, off: write one of them"],
    [
      'dhcp: server',
      "2:1: dhcp: 'server' is text where a section is wanted: write its settings below it, indented: mode, authoritative, leaseFixedAddresses, offerSeconds, declineSeconds, conflictProbe, …",
    ],
    [
      'dhcp: { authoritative: yes }',
      "2:9: dhcp.authoritative: 'yes' is not true or false: write true, without quotes",
    ],
    [
      'dhcp: { authoritative: maybe }',
      "2:9: dhcp.authoritative: 'maybe' is not true or false: write one of them, without quotes",
    ],
    [
      'dhcp: { offerSeconds: 1 }',
      "2:9: dhcp.offerSeconds: '1' is too small: write a whole number from 5 to 300",
    ],
    [
      'dhcp: { offerSeconds: 30s }',
      "2:9: dhcp.offerSeconds: '30s' is not a number: write a whole number from 5 to 300",
    ],
    [
      'dhcp: { options: [{ code: 7, type: text, value: { a: 1 } }] }',
      `2:42: dhcp.options[0].value: '{"a":1}' is no value of an option: write text, a number, true or false, or a list of texts`,
    ],
    [
      'dhcp: { options: [{ code: 53, type: txt, value: a }] }',
      "2:21: dhcp.options[0].code: '53' is set by the server itself: it cannot be set here",
      "2:31: dhcp.options[0].type: 'txt' is none of uint8, uint16, uint32, boolean, ipv4, ipv4-list, text, hex: did you mean text?",
    ],
    [
      'dhcp: { options: [{ code: 43, type: hex, value: "06", when: {} }] }',
      '2:55: dhcp.options[0].when: names no condition: write vendorClass, architecture or macPrefix, or leave it out',
    ],
    [
      'dhcp: { options: [{ code: 43, type: hex, value: "06", when: { macPrefix: ["b8:27:e"] } }] }',
      `2:75: dhcp.options[0].when.macPrefix[0]: 'b8:27:e' is not the beginning of a MAC address: write one to six pairs of hex digits, as in "b8:27:eb"`,
    ],
    [
      'dhcp: { options: [{ code: 43, type: hex, value: "06", when: { macprefix: [b8] } }] }',
      '2:63: dhcp.options[0].when.macprefix: there is no such setting: did you mean macPrefix?',
    ],
    [
      'dhcp: { options: [{ code: 43, type: hex, value: "06", when: { architecture: efi-x86 } }] }',
      "2:63: dhcp.options[0].when.architecture: 'efi-x86' is no architecture: write one of bios, efi-ia32, efi-x64, efi-arm32, efi-arm64, efi-riscv32, efi-riscv64, efi-loongarch64, or a number of option 93",
    ],
    [
      'dhcp: { subnets: [{ subnet: 10.76.0.0/24, router: 10.77.0.1 }] }',
      '2:43: dhcp.subnets[0].router: 10.77.0.1 is not an address of 10.76.0.0/24',
    ],
    [
      'dhcp: { loaders: { efi-x86: { tftp: a } } }',
      '2:20: dhcp.loaders.efi-x86: there is no such setting: did you mean efi-x64?',
    ],
    [
      'dhcp: { allow: [52:54:00:00:00:01, zz] }',
      "2:36: dhcp.allow[1]: 'zz' is not a MAC address: write six pairs of hex digits, as in 52:54:00:00:00:01",
    ],
    [
      'power: { password: hunter2 }',
      '2:10: power.password: (not shown) is no place of a secret: write { file: /path }, { variable: NAME } or { credential: name }',
    ],
    [
      'power: { password: { file: secret.txt } }',
      "2:22: power.password.file: 'secret.txt' is not an absolute path: begin it with /",
    ],
    [
      'power: { password: { text: hunter2 } }',
      '2:10: power.password: (not shown) is no place of a secret: write { file: /path }, { variable: NAME } or { credential: name }',
    ],
    [
      'power: { password: 1234 }',
      '2:10: power.password: (not shown) is no place of a secret: write { file: /path }, { variable: NAME } or { credential: name }',
    ],
    [
      'power: { hosts: [a] }',
      `2:10: power.hosts: '["a"]' is a list where a section is wanted: write entries below it, indented, as in name: value`,
    ],
    [
      'power: { hosts: { a1: { address: 10.0.0.256 } } }',
      "2:25: power.hosts.a1.address: '10.0.0.256' is neither an IP address nor a host name: write it as in 10.76.0.17 or bmc-17.example.net",
    ],
    [
      'power: { profiles: { "a b": { driver: ipmi } } }',
      "2:22: power.profiles.a b: 'a b' is not a name: use letters, digits, dots, hyphens and underscores",
    ],
    [
      'power: { networks: 10.0.0.0/8 }',
      "2:10: power.networks: '10.0.0.0/8' is not a list: write [10.0.0.0/8]",
    ],
    [
      'power: { driver: impi }',
      "2:10: power.driver: 'impi' is none of ipmi, redfish, none: did you mean ipmi?",
    ],
    [
      'listeners: { http: { port: 70000 } }',
      "2:22: listeners.http.port: '70000' is too large: write a whole number from 1 to 65535",
    ],
    [
      'listeners: { http: 4080 }',
      "2:14: listeners.http: '4080' is a number where a section is wanted: write its settings below it, indented: port, dialects",
    ],
    [
      "pixiecore: { api: 'http://10.75.0.1:4080/pixiecore' }",
      "2:14: pixiecore.api: 'http://10.75.0.1:4080/pixiecore' is this server itself: name the API server that knows other machines",
    ],
    [
      'matchbox: { records: true }\nlisteners: { matchbox: { grpc: {} } }',
      '3:26: listeners.matchbox.grpc.certificate: is missing: write text (a file in PEM)',
      '3:26: listeners.matchbox.grpc.key: is missing: write text (a file in PEM)',
      '3:26: listeners.matchbox.grpc.clientCa: is missing: write text (a file in PEM)',
    ],
    [
      'pxeInit: { enabled: true }\nlisteners: { pxeInit: { grpc: { certificate: a } } }',
      '3:25: listeners.pxeInit.grpc.key: is missing: write text (a file in PEM)',
      '3:25: listeners.pxeInit.grpc: without clientCa nothing proves who calls: write certificate, key and clientCa, or trusted: true where only operators reach the port',
    ],
    [
      'pxeInit: { enabled: true }\nlisteners: { pxeInit: { grpc: { clientCa: c } } }',
      "3:33: listeners.pxeInit.grpc.clientCa: 'c' is of no use without TLS: write certificate and key as well",
    ],
    [
      'pxeInit: { enabled: true }\nlisteners: { pxeInit: { grpc: {} } }',
      '3:25: listeners.pxeInit.grpc: without clientCa nothing proves who calls: write certificate, key and clientCa, or trusted: true where only operators reach the port',
    ],
    [
      'pxeInit: { enabled: true }\nlisteners: { pxeInit: { grpc: { certificate: a, key: b } } }',
      '3:25: listeners.pxeInit.grpc: without clientCa nothing proves who calls: write certificate, key and clientCa, or trusted: true where only operators reach the port',
    ],
    [
      'pxeInit: { enabled: true }\nlisteners: { pxeInit: { grpc: { certificate: a, key: b, clientCa: c, trusted: true } } }',
      "3:70: listeners.pxeInit.grpc.trusted: 'true' is of no use with clientCa, by which callers prove who they are: leave one of them out",
    ],
    [
      'listeners: { pxeInit: { grpc: { trusted: true } } }',
      '2:25: listeners.pxeInit.grpc: has nothing to serve, pxe-init is not set up: set pxeInit.enabled, or leave this out',
    ],
    [
      'pxeInit: { enabled: true }\nlisteners: { pxeInit: { grpc: { port: 8080, trusted: true } } }',
      '3:33: listeners.pxeInit.grpc.port: 8080 is listeners.pxeInit.port already: give one of them another port',
    ],
    [
      'listeners: { http: { port: http } }',
      "2:22: listeners.http.port: 'http' is not a number: write a whole number from 1 to 65535",
    ],
    [
      'logging: debug',
      "2:1: logging: 'debug' is text where a section is wanted: write its settings below it, indented: level",
    ],
    [
      'logging: { level: warning }',
      "2:12: logging.level: 'warning' is none of debug, info, warn, error: did you mean warn?",
    ],
    [
      'images: { mirrorGigabytes: 0 }',
      "2:11: images.mirrorGigabytes: '0' is too small: write a number above 0",
    ],
    [
      'images: { mirrors: { x: http://a } }',
      "2:22: images.mirrors.x: 'http://a' is text where a section is wanted: write its settings below it, indented: url, freshSeconds",
    ],
    [
      'images: { debian: { url: deb.debian.org } }',
      "2:21: images.debian.url: 'deb.debian.org' is not a URL that begins with http:// or https://",
    ],
    [
      'hosts: { a: 1 }',
      `2:1: hosts: '{"a":1}' is a section where a list is wanted: put - in front of each entry`,
    ],
    [
      'hosts: [a1]',
      "2:9: hosts[0]: 'a1' is text where a section is wanted: write its settings below it, indented: serial, profile, address, hostname, metadata, providerId, …",
    ],
    [
      'hosts: [{ serial: /a/b }]',
      "2:11: hosts[0].serial: '/a/b' is not a serial as imago writes it: it is made of letters, digits, and . _ - between them; a machine with this one is known as 'a-b'",
    ],
    [
      'hosts: [{ serial: 12345 }]',
      "2:11: hosts[0].serial: '12345' is not text: write a serial, in quotes where it looks like a number",
    ],
    [
      'hosts: [{ profile: core }]',
      '2:9: hosts[0].serial: is missing: write a serial, in quotes where it looks like a number',
    ],
    [
      'hosts: [{ serial: A1, overrides: { __proto__: x } }]',
      '2:36: hosts[0].overrides.__proto__: is a name that nothing can be stored under: choose another one',
    ],
    [
      'hosts: [{ serial: A1, overrides: { n: 5 } }]',
      `2:36: hosts[0].overrides.n: '5' is a number where text is wanted: put it in quotes, as in "5"`,
    ],
    [
      'hosts: [{ serial: A1, ipmiAddress: a b }]',
      "2:23: hosts[0].ipmiAddress: 'a b' is neither an IP address nor a host name: write it as in 10.76.0.17 or bmc-17.example.net",
    ],
    [
      'hosts: [{ serial: A1, hostname: node_1 }]',
      "2:23: hosts[0].hostname: 'node_1' is not a domain name, as in rack1.example.net",
    ],
    [
      'events: { webhooks: [{ url: ftp://x, secret: { file: /a } }] }',
      "2:24: events.webhooks[0].url: 'ftp://x' is not a URL that begins with http:// or https://",
    ],
    [
      'events: { webhooks: [{ url: http://x, secret: hunter2 }] }',
      '2:39: events.webhooks[0].secret: (not shown) is no place of a secret: write { file: /path }, { variable: NAME } or { credential: name }',
    ],
    [
      'events: { hooks: [{ command: notify }] }',
      "2:21: events.hooks[0].command: 'notify' is not a list: write [notify]",
    ],
    [
      'events: { hooks: [{ command: [notify] }] }',
      `2:21: events.hooks[0].command: '["notify"]' must begin with an absolute path, as in [/usr/local/bin/notify]`,
    ],
    [
      'events: { hooks: [{ command: [/bin/x], on: [runing] }] }',
      "2:45: events.hooks[0].on[0]: 'runing' is none of configured, installing, installed, running, pending, created, retired, stuck, recovered, retried: did you mean running?",
    ],
    [
      'etcd: { clusterSize: 0 }',
      "2:9: etcd.clusterSize: '0' is too small: write a whole number from 1 to 1000",
    ],
    ['newtork: {}', '2:1: newtork: there is no such setting: did you mean network?'],
    ['paths: !include x', '2:8: is not YAML: Unresolved tag: !include'],
    [
      'templateVariables: &a { x: *a }',
      '2:25: templateVariables.x: is an alias for what it stands in: write it out',
    ],
    ['1: 2', '2:1: 1: there is no such setting: see docs/configuration.md for all settings'],
    ['"a\\nb": 2', '2:1: a\u{fffd}b: there is no such setting: see docs/configuration.md for all settings'],
    ['cluster: 5', `1:1: cluster: '5' is a number where text is wanted: put it in quotes, as in "5"`],
    ['cluster: ~', '1:1: cluster: is empty: write text (the name of the cluster)'],
    [
      'cluster: te/st',
      "1:1: cluster: 'te/st' is not a name: use letters, digits, dots, hyphens and underscores",
    ],
  ],
};

describe('a wrong setting', () => {
  for (const [section, lines] of Object.entries(wrong) as [Section, (typeof wrong)[Section]][]) {
    for (const [line, ...says] of lines) {
      it(`${section}: ${JSON.stringify(line)}`, () =>
        expect(faultsOf(textWith(section, line))).to.deep.equal(says));
    }
  }

  it('does not hide any other', () => {
    const broken = sound
      .replace('interface: br0', 'interface: 7\n  dns: 10.75.0.1\n  domian: x')
      .replace('name: core', 'name: core\n    quantity: many\n    mode: diskles')
      .concat('dhcp: { mode: srver, offerSeconds: 1 }\npower: { password: x, driver: ipmy }\n');
    expect(faultsOf(broken).map((fault) => fault.split(': ').slice(1, 2).join())).to.deep.equal([
      'network.interface',
      'network.dns',
      'network.domian',
      'profiles[0].quantity',
      'profiles[0].mode',
      'dhcp.mode',
      'dhcp.offerSeconds',
      'power.password',
      'power.driver',
    ]);
  });

  it('of secrets that no machine would get, or could open', () => {
    const named = 'secrets: { named: { x: { file: /a } } }\n';
    expect(faultsOf(`${sound}machines: { proof: off }\n${named}`).join()).to.match(
      /secrets\.named: .*machines\.proof is off: set it to log or required/,
    );
    expect(faultsOf(`${sound}machines: { proof: log }\n${named}`)).to.deep.equal([]);
    const sealed = (mode: string) =>
      sound.replace('name: core', `name: core\n    mode: ${mode}\n    install: { sealed: true }`);
    expect(faultsOf(sealed('diskless')).join()).to.match(
      /profiles\[0\]\.install\.sealed: .*needs mode two-stage/,
    );
    expect(faultsOf(sealed('two-stage'))).to.deep.equal([]);
  });

  it('is shown on one line, however it is written', () => {
    for (const line of [
      'dns: "a\\nb"',
      `dns: ${'x'.repeat(500)}`,
      'interface: "\\e[31m"',
      'allowOtherNetworks: __proto__',
    ]) {
      const [fault, ...more] = faultsOf(textWith('network', line));
      expect(more).to.deep.equal([]);
      expect(fault).to.match(/^[^\p{Cc}]{1,300}$/u);
    }
  });

  it('never shows what may be a password', () => {
    for (const secret of ['hunter2', '[hunter2]', '{ text: hunter2 }'])
      for (const line of [
        `power: { password: ${secret} }`,
        `secrets: { named: { x: ${secret} } }`,
        `secrets: { named: { x: { file: ${secret} } } }`,
        `secrets: { named: { x: { value: ${secret} } } }`,
      ])
        expect(faultsOf(textWith('top', line)).join(), line)
          .to.match(/(power|secrets)\./)
          .and.not.include('hunter2');
  });
});

describe('a file that is no configuration', () => {
  for (const { name, text, says } of [
    { name: 'empty', text: '', says: '1:1: the file is empty: begin with a copy of conf/imago.yaml' },
    {
      name: 'comments only',
      text: '# soon\n',
      says: '1:1: the file is empty: begin with a copy of conf/imago.yaml',
    },
    {
      name: 'a list',
      text: '- a\n',
      says: '1:1: the file holds no settings: write them as in cluster: rack1, and begin with a copy of conf/imago.yaml',
    },
    {
      name: 'prose',
      text: 'hello',
      says: '1:1: the file holds no settings: write them as in cluster: rack1, and begin with a copy of conf/imago.yaml',
    },
    {
      name: 'two documents',
      text: `${sound}---\na: b\n`,
      says: '12:1: is not YAML: a second document begins here: remove the line ---',
    },
    {
      name: 'tabs',
      text: 'a:\n\tb: c\n',
      says: '2:1: is not YAML: a tab stands where blanks belong: indent with blanks',
    },
    {
      name: 'a name twice',
      text: `${sound}cluster: x\n`,
      says: '12:1: is not YAML: the same name stands above already, and names must be unique: keep one of them',
    },
    {
      name: 'a program',
      text: Buffer.from('\x7fELF\x02\0\0', 'latin1'),
      says: '1:6: is not text (a zero byte stands here): name a YAML file',
    },
    {
      name: 'UTF-16',
      text: Buffer.from('\ufeffcluster: test\n', 'utf16le'),
      says: '1:1: is UTF-16: save the file as UTF-8',
    },
    {
      name: 'Latin-1',
      text: Buffer.from('# R\xe4cke\ncluster: t\xe9st\n', 'latin1'),
      says: '1:4: is not UTF-8: save the file as UTF-8',
    },
    {
      name: 'brackets without end',
      text: `# a\n${'[ '.repeat(20_000)}`,
      says: '2:513: is not YAML: it is nested too deeply',
    },
    {
      name: 'lists without end',
      text: '- '.repeat(20_000),
      says: '1:1: is not YAML: it is nested too deeply',
    },
    {
      name: 'indentation without end',
      text: Array.from({ length: 600 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
      says: '513:1: is not YAML: it is nested too deeply',
    },
    {
      name: 'brackets with an end',
      text: `a: ${'['.repeat(200)}${']'.repeat(200)}`,
      says: 'is nested too deeply: 64 levels at most',
    },
  ]) {
    it(name, () => {
      const faults = faultsOf(text);
      expect(faults[0]).to.satisfy((fault: string) => fault === says || fault.endsWith(says), faults[0]);
      expect(faults[0]).to.match(/^\d+:\d+: /);
    });
  }

  it('takes a UTF-8 mark at the beginning', () =>
    expect(faultsOf(Buffer.from(`\ufeff${sound}`))).to.deep.equal([]));

  describe('or no file', () => {
    let folder: string;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'imago-config-'));
      writeFileSync(join(folder, 'file'), 'x');
      writeFileSync(join(folder, 'huge'), Buffer.alloc(5 * 1024 * 1024, 32));
    });
    after(() => rmSync(folder, { recursive: true }));

    for (const { name, path, says } of [
      { name: 'nothing', path: 'none.yaml', says: 'there is no such file; name another with --config FILE' },
      { name: 'below a file', path: 'file/none.yaml', says: 'there is no such file' },
      { name: 'a folder', path: '.', says: 'it is a folder' },
      { name: 'huge', path: 'huge', says: 'it is 5242880 bytes long, which no configuration is' },
    ]) {
      it(name, () =>
        expect(() => loadConfig(join(folder, path))).to.throw(ConfigUnreadable, `cannot be read: ${says}`),
      );
    }
  });
});
