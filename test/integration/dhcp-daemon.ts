/** DHCP alone, for tests: settings as JSON in the first argument, one JSON line per event on standard output. */
import { dhcpPolicy } from '../../src/dhcp/policy/decide.js';
import type { DhcpSettings } from '../../src/dhcp/policy/settings.js';
import { formatIpv4 } from '../../src/net/ipv4.js';
import { serveLoaders } from './dhcp-boot-daemon.js';
import { DhcpServer, type DhcpServerSettings } from '../../src/dhcp/server.js';

export interface DaemonArguments {
  readonly settings: DhcpSettings;
  readonly server: DhcpServerSettings;
  /** Without it only warnings are printed. */
  readonly verbose: boolean;
  /** Serve boot loaders from this folder by TFTP and HTTP too. */
  readonly loaders?: string | undefined;
}

const { settings, server, verbose, loaders }: DaemonArguments = JSON.parse(process.argv[2] ?? '{}');
const print = (event: string, facts: object): void => {
  process.stdout.write(`${JSON.stringify({ event, at: Date.now(), ...facts })}\n`);
};
const log = (facts: object, message: string): void => print(message, facts);
const counts: Record<string, number> = {};
const count = (what: string): void => {
  counts[what] = (counts[what] ?? 0) + 1;
};

const dhcp = new DhcpServer(dhcpPolicy(settings, { byMac: () => undefined }), server, {
  clock: Date.now,
  log: {
    isLevelEnabled: (level) => verbose || level === 'warn' || level === 'error',
    debug: log,
    info: log,
    warn: log,
    error: log,
  },
  observer: {
    received: count,
    replied: count,
    ignored: count,
    optionLeftOut: () => undefined,
    nothingToBoot: () => undefined,
    leaseChanged: () => undefined,
    poolExhausted: () => undefined,
    flushed: () => count('flush'),
    journalFailed: () => count('journalFailed'),
    sendFailed: () => count('sendFailed'),
  },
});

async function stop(): Promise<void> {
  await dhcp.close();
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  print('stopped', { counts, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, maxRssKiB: maxRSS });
  process.exit(0);
}

process.once('SIGTERM', () => void stop());
try {
  if (loaders !== undefined) await serveLoaders(formatIpv4(server.serverAddress), loaders, print);
  await dhcp.start();
  print('ready', {});
} catch (error) {
  print('refused', { message: error instanceof Error ? error.message : String(error) });
  process.exitCode = 1;
}
