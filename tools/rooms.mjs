// The rooms of src: what each is for, and which others it may import; one within another is a room of its own. From it come the rules of `npm run direction` and
// the picture in docs/architecture.md. `errors`, `json`, `json-fault` and `limits` are open to all.
export const rooms = {
  net: { does: 'values of the network: addresses, cards, subnets, bytes', may: [] },
  host: {
    does: 'what a host is: serial, identity, life cycle, profile; the interface of the store',
    may: ['net'],
  },
  dhcp: { does: 'DHCP: codec, leases and destinations pure; sockets apart', may: ['net', 'files'] },
  tftp: { does: 'TFTP: codec, negotiation and transfer pure; sockets apart', may: ['net'] },
  dns: { does: 'the DNS forwarder with the names of hosts; loaded where it is on', may: ['net', 'host'] },
  tls: {
    does: 'certificates: those of an own CA, made and renewed; those of operators, taken up as they are replaced',
    may: ['net', 'files'],
  },
  grpc: {
    does: 'gRPC over TLS: messages as tables, calls within bounds; loaded where it is on',
    may: ['net', 'tls'],
  },
  power: { does: 'BMCs: IPMI by ipmitool, Redfish', may: ['net', 'files'] },
  boot: {
    does: 'pure decisions: what kind of client asks, what a machine boots',
    may: ['net', 'host', 'dhcp'],
  },
  'dhcp/policy': {
    does: 'pure decisions: what DHCP answers, by which settings; a client played through them',
    may: ['net', 'host', 'dhcp', 'boot'],
  },
  config: {
    does: 'every setting with unit and default; all faults of a file at once',
    may: ['net', 'host', 'api'],
  },
  template: { does: 'templates, their escaping, Ignition', may: ['net', 'host', 'config', 'boot'] },
  'go-template': { does: "Go's text/template, as pure functions within bounds", may: [] },
  fleet: {
    does: 'the fleet in memory: its index, who claims what, conflicts; for any store',
    may: ['net', 'host'],
  },
  files: { does: 'files written so that they outlive a power cut; paths kept inside their folder', may: [] },
  git: { does: "Git's format: objects, packs, index, refs; knows nothing of hosts", may: ['files'] },
  store: {
    does: 'the store: one Git commit per change, durable before it is answered',
    may: ['net', 'host', 'fleet', 'files', 'git'],
  },
  images: {
    does: 'the images there are: fetched, verified, mirrored',
    may: ['net', 'host', 'config', 'files'],
  },
  boots: {
    does: 'what operators have machines boot without a profile: its files, and whose turn it is',
    may: ['net', 'host', 'boot', 'files', 'images'],
  },
  joining: {
    does: 'machines that nobody named: who waits and by which code, who was rejected',
    may: ['net', 'host', 'config', 'files'],
  },
  provision: {
    does: 'what happens on an event: plan, record, tell, switch power',
    may: ['net', 'host', 'config', 'power', 'joining'],
  },
  hooks: {
    does: 'webhooks and alarms told to others',
    may: ['net', 'host', 'config', 'power', 'joining', 'provision', 'files'],
  },
  secrets: {
    does: 'secrets for one machine only: read, minted, shown as fingerprints, handed out once a boot, sealed',
    may: ['net', 'host', 'config', 'template', 'files', 'provision'],
  },
  access: {
    does: 'who asks: operators and machines, as requests and leases tell',
    may: ['net', 'host', 'config', 'boot', 'provision', 'api', 'files'],
  },
  oidc: {
    does: 'logins of operators by a provider of OpenID Connect; loaded where one is set up',
    may: ['net', 'config', 'api', 'access'],
  },
  http: {
    does: 'the endpoints of machines and of operators: whom each lets in, and what it answers',
    may: [
      'joining',
      'net',
      'host',
      'config',
      'boot',
      'dhcp/policy',
      'template',
      'images',
      'boots',
      'provision',
      'api',
      'access',
      'oidc',
      'store',
      'files',
      'grpc',
      'secrets',
    ],
  },
  api: { does: 'requests and answers of the REST API, and its typed client', may: [] },
  'dialects/mayu': { does: 'the calls of mayuctl', may: ['host', 'provision', 'api', 'access', 'http'] },
  'dialects/mayu/convert': {
    does: "Mayu's configuration and templates made into imago's, text to text",
    may: ['net'],
  },
  'dialects/pixiecore': {
    does: "Pixiecore's API mode, both ways round",
    may: [
      'net',
      'host',
      'config',
      'boot',
      'template',
      'api',
      'access',
      'http',
      'files',
      'go-template',
      'images',
      'provision',
    ],
  },
  'dialects/matchbox': {
    does: "matchbox's groups, profiles and templates: read, selected, translated, served to its clients",
    may: [
      'net',
      'host',
      'config',
      'boot',
      'template',
      'go-template',
      'files',
      'provision',
      'api',
      'http',
      'grpc',
    ],
  },
  'dialects/bootcfg': {
    does: "bootcfg's data folder, read as it is, and served to its clients",
    may: [
      'net',
      'host',
      'config',
      'boot',
      'template',
      'files',
      'provision',
      'api',
      'access',
      'http',
      'dialects/matchbox',
    ],
  },
  'dialects/pxe-init': {
    does: 'images that machines are tied to: kept as records, served to machines as pxe-init does',
    may: ['net', 'host', 'config', 'boot', 'template', 'api', 'access', 'http', 'grpc', 'dialects/matchbox'],
  },
  cli: { does: '`imagoctl`', may: ['api', 'config', 'dialects/mayu/convert', 'files'] },
  daemon: {
    does: 'wiring: settings, sockets and folders handed to the rooms',
    may: [
      'joining',
      'net',
      'host',
      'config',
      'boot',
      'template',
      'store',
      'images',
      'boots',
      'provision',
      'hooks',
      'http',
      'access',
      'oidc',
      'dialects/mayu',
      'dialects/pxe-init',
      'dialects/bootcfg',
      'dialects/matchbox',
      'dialects/pixiecore',
      'dhcp',
      'dhcp/policy',
      'tftp',
      'dns',
      'power',
      'files',
      'grpc',
      'tls',
      'secrets',
    ],
  },
};

const namesOfRooms = Object.keys(rooms);

/** The room of a file, by its path from the top; undefined of one in none. */
export function roomOf(path) {
  const own = namesOfRooms.filter((room) => path.startsWith(`src/${room}/`));
  return own.sort((a, b) => b.length - a.length)[0];
}

/** A pattern of the folder of a room, without the rooms within it. */
export function folder(room) {
  const within = namesOfRooms
    .filter((name) => name.startsWith(`${room}/`))
    .map((name) => name.slice(room.length + 1));
  return within.length > 0 ? `${room}/(?!(${within.join('|')})/)` : `${room}/`;
}

const isBelow = (room, other) => rooms[room].may.some((next) => next === other || isBelow(next, other));

/** Imports that no other import implies (the transitive reduction): few enough for a picture. */
export function plainImports() {
  return Object.entries(rooms).flatMap(([room, { may }]) =>
    may.filter((to) => !may.some((via) => via !== to && isBelow(via, to))).map((to) => [room, to]),
  );
}

/** The way of data, from outside through the rooms: what travels, from where to where. */
const ways = [
  ['machine', 'datagrams', 'dhcp'],
  ['machine', 'rrq', 'tftp'],
  ['machine', 'GET, reports', 'http'],
  ['operator', 'imagoctl', 'cli'],
  ['cli', 'REST', 'http'],
  ['operator', 'gRPC', 'grpc'],
  ['dhcp', 'decide', 'dhcp/policy'],
  ['http', 'event', 'provision'],
  ['http', 'script', 'template'],
  ['provision', 'change', 'store'],
  ['store', 'commit', 'disk'],
  ['store', 'told', 'hooks'],
  ['power', 'IPMI, Redfish', 'bmc'],
];
const outside = { machine: 'machine', operator: 'operator', disk: 'Git on disk', bmc: 'BMC' };

/** The part of docs/architecture.md that is made from the above. */
export function architecturePicture() {
  const id = (room) => room.replace('/', '_');
  const picture = [
    'flowchart TD',
    ...Object.entries(outside).map(([key, name]) => `  ${key}([${name}])`),
    ...namesOfRooms.flatMap((room) => (room.includes('/') ? [`  ${id(room)}[${room}]`] : [])),
    ...plainImports().map(([from, to]) => `  ${id(from)} --> ${id(to)}`),
    ...ways.map(([from, what, to]) => `  ${id(from)} -. ${what} .-> ${id(to)}`),
  ];
  const table = Object.entries(rooms).map(
    ([room, { does, may }]) =>
      `| \`${room}\` | ${does} | ${may.map((name) => `\`${name}\``).join(' ') || 'nothing'} |`,
  );
  return [
    '```mermaid',
    ...picture,
    '```',
    '',
    '| room | what is in it | imports |',
    '| --- | --- | --- |',
    ...table,
  ].join('\n');
}

const MADE = /(?<=<!-- made from tools\/rooms\.mjs -->\n\n)[\s\S]*?(?=\n\n<!-- end -->)/;

/** The page with that part as it is today. */
export const withArchitecture = (page) => page.replace(MADE, () => architecturePicture());
