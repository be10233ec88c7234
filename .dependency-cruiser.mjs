import { folder, rooms } from './tools/rooms.mjs';

/** Open to every room. */
const everywhere = ['errors', 'json', 'json-fault', 'limits'];

/** Shells: the only files that may touch sockets, files and processes. */
const shells =
  '^src/(main|daemon|access/(tokens|audit)-file|boots/(static-boots|boots-file)|files/|git/|store/|images/|hooks/(hooks|outbox)|secrets/check-secrets|joining/rejected-file|config/load-config|net/(address-kinds|linux/neighbour|linux/sender-threads?)|dhcp/(server|datagram-port|dhcp-sockets|lease-journal|journal-file|router-advertiser)|dialects/matchbox/((folder|programs)/|butane/find-butane)|dialects/bootcfg/folder/|dns/(server|upstream)|tftp/(server|root-source|file-memory|datagram-transport)|template/(template-files|check-)|grpc/(listener|grpc-server|connections)|tls/(certificates|own-folder)|http/|cli/|power/|api/(door|trusting-agent)|logging)';

export default {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan-import', severity: 'error', from: {}, to: { couldNotResolve: true, path: '^\\.' } },
    ...Object.entries(rooms).map(([room, { may }]) => ({
      name: `${room}-imports-only-${may.join('-') || 'nothing'}`,
      severity: 'error',
      from: { path: `^src/${folder(room)}` },
      to: {
        path: '^src/',
        pathNot: `^src/(${[room, ...may].map(folder).join('|')}|${everywhere.map((name) => `${name}\\.ts$`).join('|')})`,
      },
    })),
    {
      name: 'only-shells-touch-the-world',
      severity: 'error',
      from: { path: '^src/', pathNot: shells },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(dgram|net|fs|fs/promises|child_process|http|https|worker_threads|cluster)$',
      },
    },
    {
      name: 'not-loaded-at-the-start', // docs/decisions/start.md; of some a type is taken for an import
      severity: 'error',
      from: {
        path: '^src/',
        pathNot:
          '^src/(cli/|grpc/|daemon/grpc|tls/make-certificates|power/(redfish|pinned)|images/fetch-client|net/(outgoing|mend-undici))',
      },
      to: {
        path: '(^node_modules/(execa|undici|@grpc|@peculiar|reflect-metadata|age-encryption)/|^src/power/redfish-driver|^src/grpc/grpc-server|^src/daemon/grpc)',
        dynamic: false,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'product-does-not-import-tests',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|bench|sandbox|tools)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    parser: 'swc',
    exclude: { path: '^dist/' },
  },
};
