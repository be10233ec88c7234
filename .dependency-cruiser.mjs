// Who may import whom. A room that is not named here may import nothing but `errors`, `limits` and itself.
const everywhere = ['errors', 'limits'];
const rooms = {
  net: [],
  host: ['net'],
  dhcp: ['net'],
  tftp: ['net'],
  dns: ['net', 'host'],
  power: ['net'],
  boot: ['net', 'host', 'dhcp'],
  config: ['net', 'host', 'dhcp', 'boot'],
  template: ['net', 'host', 'config'],
  store: ['net', 'host'],
  images: ['net', 'host', 'config'],
  provision: ['net', 'host', 'config', 'boot', 'power'],
  hooks: ['net', 'host', 'config', 'power', 'provision'],
  http: ['net', 'host', 'config', 'boot', 'template', 'images', 'provision', 'api', 'store'],
  api: [],
  mayu: [],
  cli: ['api', 'config', 'mayu'], // lists of machines: faults in the same words
};

/** Shells: the only files that may touch sockets, files and processes. */
const shells = '^src/(main|daemon|store/|images/|hooks/(hooks|outbox)|config/(load-config|check-)|net/address-kinds|dhcp/(server|dgram-port|bound-socket|dhcp-sockets|lease-journal|journal-file|raw-socket|link-helpers|router-advertiser)|dns/(server|upstream)|tftp/(server|root-source|disk-file|file-memory|udp-socket|datagram-transport)|template/(template-files|check-)|http/|cli/|power/|api/(client|exchange)|logging)';

export default {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan-import', severity: 'error', from: {}, to: { couldNotResolve: true, path: '^\\.' } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-only-${allowed.join('-') || 'nothing'}`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: '^src/', pathNot: `^src/(${[room, ...allowed].map((name) => `${name}/`).join('|')}|${everywhere.map((name) => `${name}\\.ts$`).join('|')})` },
    })),
    {
      name: 'only-shells-touch-the-world',
      severity: 'error',
      from: { path: '^src/', pathNot: shells },
      to: { dependencyTypes: ['core'], path: '^(node:)?(dgram|net|fs|fs/promises|child_process|http|https|worker_threads|cluster)$' },
    },
    {
      name: 'not-loaded-at-the-start', // docs/decisions/start.md; of some a type is taken for an import
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/|power/(redfish|pinned)|images/fetch-client|net/(outgoing|mend-undici))' },
      to: { path: '(^node_modules/(execa|undici)/|^src/power/redfish-driver)', dynamic: false, dependencyTypesNot: ['type-only'] },
    },
    { name: 'product-does-not-import-tests', severity: 'error', from: { path: '^src/' }, to: { path: '^(test|bench|sandbox)/' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    parser: 'swc',
    exclude: { path: '^dist/' },
  },
};
