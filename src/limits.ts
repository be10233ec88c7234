/** One bound on what a stranger can make grow. */
export interface Limit {
  /** Where it holds: the heading in docs/limits.md. */
  readonly part:
    | 'DHCP'
    | 'TFTP'
    | 'HTTP'
    | 'hosts'
    | 'gRPC'
    | 'etcd discovery'
    | 'operators'
    | 'DNS'
    | 'images'
    | 'power'
    | 'matchbox'
    | 'netboot'
    | 'secrets'
    | 'log';
  /** What is bounded, and for whom. */
  readonly bound: string;
  /** The path of its setting; one without has its figure in `bound`. */
  readonly setting?: string;
  /** What the one who meets it is told or sees. */
  readonly told: string;
  /** The metric that counts it, where that is one of its own and not `imago_limit_reached_total`. */
  readonly metric?: string;
}

/** Every bound by name: the label of `imago_limit_reached_total` and a row of docs/limits.md, which is made from this table. */
export const limits = {
  'new-hosts-per-client': {
    part: 'hosts',
    bound: 'New machines that one network card, or one address without a lease, brings within an hour',
    setting: 'newHosts.perAddressPerHour',
    told: '429 with Retry-After; `/ipxe` shows the reason on the console and asks again',
    metric: 'imago_machines_turned_away_total{reason="address"}',
  },
  'new-hosts-per-minute': {
    part: 'hosts',
    bound: 'New machines within a minute from addresses that are neither leased nor a host’s',
    setting: 'newHosts.perMinute',
    told: '429 with Retry-After; `/ipxe` shows the reason on the console and asks again',
    metric: 'imago_machines_turned_away_total{reason="minute"}',
  },
  'pending-machines': {
    part: 'hosts',
    bound:
      'Machines that wait to be accepted and are shown, each for an hour after it asked last; one without a lease makes room, the one that has been waiting for longest first',
    setting: 'newHosts.maxPending',
    told: '429 with Retry-After; `/ipxe` shows the reason on the console and asks again',
  },
  'rejected-machines': {
    part: 'hosts',
    bound: 'Machines that operators rejected: 1,000; the one that was rejected first is forgotten',
    told: 'nothing; it waits to be accepted when it asks again',
  },
  'pending-news': {
    part: 'hosts',
    bound:
      'Events of machines that begin to wait: as many at once as `newHosts.maxPending`, then 60 a minute',
    told: 'nothing; `imagoctl pending` shows it all the same',
  },
  'etcd-clusters': {
    part: 'etcd discovery',
    bound: 'Clusters; where one finds no place, the emptiest oldest of whoever made the most goes',
    setting: 'etcd.maxClusters',
    told: 'error 103 (403) with the reason, when all were joined',
    metric: 'imago_etcd_refusals_total{reason="clusters"}',
  },
  'etcd-clusters-per-client': {
    part: 'etcd discovery',
    bound:
      'Clusters that one network card, or one address without a lease, made; its own emptiest oldest goes first',
    setting: 'etcd.maxClustersPerClient',
    told: 'error 103 (403) with the reason, when all were joined',
    metric: 'imago_etcd_refusals_total{reason="share"}',
  },
  'etcd-writes': {
    part: 'etcd discovery',
    bound:
      'Changes that one network card, or one address without a lease, makes to clusters at once: 200; then 60 a minute',
    told: '429 with Retry-After',
  },
  'dns-queries': {
    part: 'DNS',
    bound: 'Questions that wait for an upstream',
    setting: 'dns.maxQueries',
    told: 'the oldest one gives way, a stranger’s first, and is answered SERVFAIL; so is a stranger’s when all are of machines that imago knows',
  },
  'dns-queries-per-client': {
    part: 'DNS',
    bound: 'Questions of one address that wait for an upstream',
    setting: 'dns.maxQueriesPerClient',
    told: 'its own oldest one gives way, answered SERVFAIL; resolvers ask again, or another server',
  },
  'dns-connections': {
    part: 'DNS',
    bound: 'Connections to DNS by TCP; each is closed after 10 quiet seconds',
    setting: 'dns.maxConnections',
    told: 'as with `http-connections`',
  },
  'dns-connections-per-client': {
    part: 'DNS',
    bound: 'Connections to DNS by TCP from one address',
    setting: 'dns.maxConnectionsPerClient',
    told: 'its own that has been idle for longest is closed',
  },
  'http-connections': {
    part: 'HTTP',
    bound: 'Connections open at one listening address; over TLS, of which each takes 37 KB, 2,000 at most',
    setting: 'limits.http.connections',
    told: 'closed at once when all others work, or are machines that imago knows; else the one that has been idle for longest is closed, a stranger’s first',
  },
  'http-connections-per-address': {
    part: 'HTTP',
    bound: 'Connections of one address',
    setting: 'limits.http.connectionsPerAddress',
    told: 'its idlest connection is closed; the new one when all of them work',
  },
  'https-handshakes': {
    part: 'HTTP',
    bound:
      'Connections at one listening address for operators whose TLS is not agreed yet: 512, each for 10 seconds',
    told: 'the oldest one is closed, this server’s own last',
  },
  'https-handshakes-per-address': {
    part: 'HTTP',
    bound: 'Connections of one address whose TLS is not agreed yet: 64',
    told: 'its own oldest one is closed',
  },
  'https-handshake-rate': {
    part: 'HTTP',
    bound:
      'Connections over TLS from all addresses but this server’s own, beyond the first 8, and 30 a minute, of each: 2,000 at once, then 9,000 a minute',
    told: 'closed at once: machines boot by the same processor',
  },
  'https-handshake-rate-per-address': {
    part: 'HTTP',
    bound:
      'Connections over TLS from one address other than this server’s own: 1,000 at once, then 1,800 a minute',
    told: 'closed at once',
  },
  'http-waiting-requests': {
    part: 'HTTP',
    bound:
      'Requests that wait on one connection while an earlier one is answered; together 16 KiB, and none with a body',
    setting: 'limits.http.waitingRequests',
    told: 'the connection is closed',
  },
  'http-answers': {
    part: 'HTTP',
    bound: 'Memory of all answers that their readers have not taken yet',
    setting: 'limits.http.answerMegabytes',
    told: '503 with Retry-After, when no stranger’s answer and no slow one can be broken off for it',
  },
  'http-answers-per-address': {
    part: 'HTTP',
    bound: 'Memory of the answers that one address has not taken yet',
    setting: 'limits.http.answerMegabytesPerAddress',
    told: '503 with Retry-After',
  },
  'http-slow-answers': {
    part: 'HTTP',
    bound: 'Time in which a reader takes a MiB, when others find no room',
    setting: 'limits.http.slowAnswerSeconds',
    told: 'the connection is closed; a download can be resumed',
  },
  'http-bodies': {
    part: 'HTTP',
    bound: 'Memory of the bodies of all requests',
    setting: 'limits.http.bodyMegabytes',
    told: '503 with Retry-After',
  },
  'http-bodies-per-address': {
    part: 'HTTP',
    bound: 'Memory of the bodies that one address sends',
    setting: 'limits.http.bodyMegabytesPerAddress',
    told: '503 with Retry-After',
  },
  'http-body': {
    part: 'HTTP',
    bound: 'Length of one body: 64 KiB, of a record 1 MiB, of one piece of an upload 8 MiB',
    told: '413',
    metric: 'imago_http_requests_total{status="413"}',
  },
  'butane-programs': {
    part: 'HTTP',
    bound: 'Butane configs that wait for the program `butane`, which runs twice at once: 100',
    told: '404, and the reason in the log',
  },
  'yaml-documents': {
    part: 'HTTP',
    bound:
      'YAML that a template makes: 65,536 words and signs, 100 levels, 16 directives (%), 200 aliases (*). Of Butane no aliases are counted, but the keys and values that are read, each merged one (<<) too: 50,000',
    told: '503, of matchbox 404, and the reason in the log',
    metric: 'imago_http_requests_total{status="503"}',
  },
  'http-url': {
    part: 'HTTP',
    bound: 'Length of a URL: 4096 characters',
    told: '414',
    metric: 'imago_http_requests_total{status="414"}',
  },
  'http-headers': {
    part: 'HTTP',
    bound: 'Length of a request without its body: 16 KiB, in 100 headers at most',
    told: '431',
  },
  'http-slow-requests': {
    part: 'HTTP',
    bound: 'Time in which a request comes: 10 seconds for its headers, 30 seconds for all of it',
    told: '408',
  },
  'failed-logins': {
    part: 'HTTP',
    bound:
      'Logins of one address that fail (a token, certificate or session that is wrong, expired or revoked) at once, and then within a minute. Remembered of 50,000 addresses',
    setting: 'limits.http.failedLoginsPerMinute',
    told: '429 with Retry-After, a second later, while not more than 16 of that address and 512 in all wait so; what is right is let in at once',
  },
  refusals: {
    part: 'operators',
    bound:
      'Audit of what was refused: equal ones are one entry for ten minutes, 32 entries of one address and 2,000 in all at once, beyond that one by address or reason. On disk 8 MiB, and as much from before; 1,000 are shown',
    told: 'nothing; the oldest go, and what admins did to tokens is carried over',
    metric: 'imago_refused_total',
  },
  'operator-tokens': {
    part: 'operators',
    bound:
      'Tokens of operators, expired and revoked ones that are remembered included: 1,000; the oldest of those go first',
    told: '409 (`TOKENS_FULL`)',
  },
  sessions: {
    part: 'operators',
    bound: 'Logins in browsers that hold: 1,000',
    told: 'the oldest one is over; whose it was logs in again',
  },
  'sessions-per-name': {
    part: 'operators',
    bound: 'Logins in browsers of one operator that hold: 16',
    told: 'his oldest one is over',
  },
  'oidc-logins': {
    part: 'operators',
    bound:
      'Logins by OpenID Connect that are begun, or ended in a browser, from all addresses: 120 at once, then 120 a minute',
    told: '429 with Retry-After (`TOO_MANY_LOGINS`); tokens, certificates and the socket work on',
  },
  'oidc-logins-per-address': {
    part: 'operators',
    bound: 'The same from one address: 20 at once, then 20 a minute',
    told: '429 with Retry-After (`TOO_MANY_LOGINS`)',
  },
  'device-logins': {
    part: 'operators',
    bound:
      'Logins with `imagoctl login --oidc` that nobody has agreed to yet, or that are not asked for: 64, each for 15 minutes',
    told: 'the oldest one is over: 401, log in again',
  },
  'device-logins-per-address': {
    part: 'operators',
    bound: 'The same of one address: 4',
    told: 'its own oldest one is over: 401, log in again',
  },
  'event-watchers': {
    part: 'HTTP',
    bound: 'Programs that read or watch events at once',
    setting: 'limits.http.eventWatchers',
    told: '503 with Retry-After',
  },
  'event-watchers-per-address': {
    part: 'HTTP',
    bound: 'Programs of one address that read or watch events at once',
    setting: 'limits.http.eventWatchersPerAddress',
    told: '503 with Retry-After',
  },
  'event-watchers-per-operator': {
    part: 'HTTP',
    bound: 'Programs of one named operator that read or watch events at once',
    setting: 'limits.http.eventWatchersPerOperator',
    told: '503 with Retry-After',
  },
  'grpc-connections': {
    part: 'gRPC',
    bound:
      'Connections open at one gRPC listener; one without a call for `limits.grpc.idleSeconds` is closed, one that never had any after 20 seconds',
    setting: 'limits.grpc.connections',
    told: 'the one that has been idle for longest is closed, one without a certificate first; the new one when all of them work',
  },
  'grpc-connections-per-address': {
    part: 'gRPC',
    bound: 'Connections of one address to one gRPC listener',
    setting: 'limits.grpc.connectionsPerAddress',
    told: 'its idlest connection is closed; the new one when all of them work',
  },
  'grpc-calls': {
    part: 'gRPC',
    bound:
      'Calls that are not over, of one gRPC listener; of one connection 64, and its client waits with further ones',
    setting: 'limits.grpc.calls',
    told: 'RESOURCE_EXHAUSTED',
  },
  'grpc-calls-per-address': {
    part: 'gRPC',
    bound: 'Calls of one address that are not over',
    setting: 'limits.grpc.callsPerAddress',
    told: 'RESOURCE_EXHAUSTED',
  },
  'grpc-call-time': {
    part: 'gRPC',
    bound: 'Time from the beginning of a call until its answer is taken',
    setting: 'limits.grpc.callSeconds',
    told: 'DEADLINE_EXCEEDED; the connection is closed where an answer is not taken',
  },
  'grpc-answers': {
    part: 'gRPC',
    bound: 'Memory of the answers of one gRPC listener that their callers have not taken yet: 64 MiB',
    told: 'RESOURCE_EXHAUSTED',
  },
  'grpc-message': {
    part: 'gRPC',
    bound:
      'Length of one message: 4 MiB to matchbox’s API, as that has it, 64 KiB to pxe-init’s; fields of one message: 20,000',
    told: 'RESOURCE_EXHAUSTED, of too many fields INTERNAL',
    metric: 'imago_grpc_calls_total{status="CANCELLED"}',
  },
  'grpc-handshakes': {
    part: 'gRPC',
    bound: 'Time in which TLS is agreed upon: 10 seconds',
    told: 'the connection is closed',
    metric: 'imago_grpc_turned_away_total{reason="handshake-time"}',
  },
  'unused-hosts': {
    part: 'hosts',
    bound:
      'Hours that a machine which became a host by asking keeps its place without a sign of it, if it never came to be installed and no operator touched it',
    setting: 'newHosts.forgetAfterHours',
    told: 'nothing; it is a new machine when it comes again',
  },
  'machine-changes': {
    part: 'hosts',
    bound:
      'Changes, each a commit, that one host’s machine causes at once; then `machines.changes.perMinute`. One client, for all hosts, ten times that',
    setting: 'machines.changes.burst',
    told: '429 with Retry-After; `/ipxe` is answered without recording anything',
  },
  'machine-reports': {
    part: 'hosts',
    bound:
      'Reports of progress of one host’s installer at once; then `machines.reports.perMinute`. One client, for all hosts, ten times that',
    setting: 'machines.reports.burst',
    told: '429 with Retry-After; the installation does not depend on it',
  },
  'card-alarms': {
    part: 'hosts',
    bound: 'Alarms of machines that ask under the names of others: 100, each for a day',
    told: 'nothing; the alarm of whom asked longest ago goes',
  },
  'log-lines': {
    part: 'log',
    bound:
      'Lines of one kind that one client causes within ten seconds: 20 of refusals, one of each other kind',
    told: 'nothing; the next line says with `leftOut` how many there were',
  },
  'tftp-transfers': {
    part: 'TFTP',
    bound: 'Transfers under way',
    setting: 'listeners.tftp.maxTransfers',
    told: 'Silence; firmware asks again',
  },
  'tftp-unanswered': {
    part: 'TFTP',
    bound:
      'Seconds that a machine which imago knows and which has confirmed nothing keeps its place when all are taken; a stranger’s goes at once',
    setting: 'listeners.tftp.unansweredSeconds',
    told: 'Silence; firmware asks again',
  },
  'tftp-crowded-out': {
    part: 'TFTP',
    bound:
      'Speed of a transfer from its start on, below which it makes room when all places are taken. Faster ones of strangers make room for machines that imago knows, and those of an address with many for an address with few',
    setting: 'listeners.tftp.slowestBytesPerSecond',
    told: 'Silence; firmware asks again',
  },
  'tftp-transfers-per-client': {
    part: 'TFTP',
    bound: 'Transfers under way to one address',
    setting: 'listeners.tftp.maxTransfersPerClient',
    told: 'ERROR 0 with the reason; firmware asks again',
  },
  'bmc-answer': {
    part: 'power',
    bound: 'What is read of one answer of a Redfish BMC, as it comes and unpacked: 4 MiB',
    told: 'the operator: BMC_FAULT; the connection is closed',
  },
  'bmc-output': {
    part: 'power',
    bound: 'What ipmitool writes about one answer of a BMC: 64 KiB',
    told: 'the operator: BMC_FAULT; the tool is ended',
  },
  'seen-platforms': {
    part: 'power',
    bound: 'Machines and network cards of which imago keeps in memory what they boot with: 20,000',
    told: 'nothing; what was seen longest ago is forgotten, and what is recorded holds',
  },
  'netboot-images': {
    part: 'netboot',
    bound: 'Images that machines can be tied to: 1,000',
    told: '409 (`NETBOOT_FULL`)',
  },
  'netboot-machines': {
    part: 'netboot',
    bound: 'Network cards that are tied to an image, or to none: 20,000',
    told: '409 (`NETBOOT_FULL`)',
  },
  'disk-reserve': {
    part: 'images',
    bound: 'Free disk that fetches, mirrors, imports and restores leave alone, in 10^9 bytes',
    setting: 'images.reserveGigabytes',
    told: 'an import 507 (`NO_ROOM`), a fetch fails (`FETCH_FAILED`), a mirrored file 502',
  },
  'image-size': {
    part: 'images',
    bound: 'Size of one file that is fetched or imported, in 10^9 bytes',
    setting: 'images.largestGigabytes',
    told: 'an import 413 (`IMAGE_TOO_LARGE`), a fetch fails (`FETCH_FAILED`)',
  },
  'pixiecore-requests': {
    part: 'hosts',
    bound: 'Machines that an API server of Pixiecore’s kind is asked for at once',
    setting: 'pixiecore.requests',
    told: '`/ipxe` shows the reason on the console and asks again',
  },
  'pixiecore-answer': {
    part: 'hosts',
    bound:
      'What is read of one answer of such a server: 64 KiB. It names 64 URLs at most; its command line comes to 16 KiB, and takes 10,000 steps of its template. 500 answers are kept, each for `pixiecore.cacheSeconds`',
    told: '`/ipxe` shows the reason on the console and asks again',
    metric: 'imago_pixiecore_api_requests_total{outcome="unfit"}',
  },
  'static-boots': {
    part: 'operators',
    bound: 'Boots that operators ordered with `imagoctl boot` and that are not over: 32',
    told: '409 (`BOOTS_FULL`)',
  },
  'static-boot-files': {
    part: 'operators',
    bound: 'What the files take that operators brought for such boots, in 10^9 bytes',
    setting: 'boot.uploadGigabytes',
    told: '409 (`BOOTS_FULL`)',
  },
  'static-boot-machines': {
    part: 'operators',
    bound: 'Machines that boot once by an order for any machine: 10,000',
    told: 'nothing; further ones boot as they would without the order',
  },
  'mirror-fetches': {
    part: 'images',
    bound: 'Files that come from the origins of mirrors at once',
    setting: 'images.mirrorFetches',
    told: '503 with Retry-After; what is there already is served, if an old copy',
  },
  'mirror-fetches-per-client': {
    part: 'images',
    bound:
      'Files that come from the origins of mirrors at once for one network card, or one address without a lease: a quarter of `images.mirrorFetches`. One that nobody reads is given up after 30 seconds',
    told: '503 with Retry-After; what is there already is served, if an old copy',
  },
  'matchbox-files': {
    part: 'matchbox',
    bound:
      'Groups, and profiles, that are read of a data folder: 50,000 each; one, and a template, is 1 MiB at most. Templates that failed and are remembered: 100; alarms: 21',
    told: 'the operator: an alarm names what is left out, and the last one how many more there are; machines 404',
    metric: 'imago_alarms',
  },
  'matchbox-signatures': {
    part: 'matchbox',
    bound:
      'Answers that wait to be signed: 100, of one address 4; two are signed at once, for 20 seconds each at most, and 500 signatures kept',
    told: '404, and the log says why',
  },
  'secret-answers': {
    part: 'secrets',
    bound: 'Answers with secrets that are kept for the minute in which a machine may ask once more: 32 MiB',
    told: 'nothing; the oldest goes, and is made anew if it is asked for again',
  },
  'secret-alarms': {
    part: 'secrets',
    bound: 'Alarms of machines that asked for their secrets again: 100, each for a day',
    told: 'nothing; the alarm of who asked longest ago goes',
  },
  'secret-programs': {
    part: 'secrets',
    bound:
      'Programs that mint or decrypt at once. Each has `timeoutSeconds`, and prints 64 KiB at most; so long is any secret. Of 4,096 machines what was minted for their boot is kept in memory',
    setting: 'secrets.programsAtOnce',
    told: 'the machine waits for its turn, or gets 503 with Retry-After',
    metric: 'imago_secret_requests_total{outcome="unusable"}',
  },
  'secret-deliveries': {
    part: 'secrets',
    bound:
      'What is kept of secrets that were handed out: of each machine and document the last eight boots, of 30 days or of `secrets.windowHours` if that is longer',
    told: 'nothing',
    metric: 'imago_secret_requests_total{outcome="served"}',
  },
  'mirror-size': {
    part: 'images',
    bound: 'What mirrored files take, those on their way included, in 10^9 bytes',
    setting: 'images.mirrorGigabytes',
    told: '502; a file that has begun is cut off',
  },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof limits;

/** Called by whoever holds a bound each time that somebody meets it. `facts` go into the log: who, how many. */
export type ReachLimit = (name: LimitName, facts?: object) => void;
