import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { ReachLimit } from '../limits.js';
import type { HttpMetrics } from '../http/http-metrics.js';
import { formatIpv4, type Ipv4 } from '../net/ipv4.js';
import {
  autoexecFallback,
  generatedSource,
  layeredSource,
  perMachineFolders,
  type GenerateFile,
  type TftpSource,
} from '../tftp/source.js';
import { rootSource } from '../tftp/root-source.js';
import { startTftpServer } from '../tftp/server.js';
import { tftpObserver } from './protocol-metrics.js';

/** All that machines can load by TFTP. */
export function tftpFiles(config: Config, made: TftpSource): TftpSource {
  return layeredSource([perMachineFolders(rootSource(config.paths.tftpRoot)), made]);
}

/** What is made for the machine that asks, by TFTP as by HTTP. */
export function madeFiles(generate: GenerateFile): TftpSource {
  return layeredSource([generatedSource(generate), autoexecFallback()]);
}

export interface TftpParts {
  readonly source: TftpSource;
  /** Whether the address is leased, or a host's. */
  readonly isKnown: (address: Ipv4) => boolean;
  /** Called with each file that was asked for and is not there. */
  readonly missing: (filename: string, client: Ipv4) => void;
  readonly metrics: HttpMetrics;
  readonly reach: ReachLimit;
  readonly logger: Logger;
}

export function startTftp(
  { network, listeners }: Config,
  { source, isKnown, missing, metrics, reach, logger }: TftpParts,
): ReturnType<typeof startTftpServer> {
  const { port, singlePort, maxBlockSize, maxWindowSize } = listeners.tftp;
  const { maxTransfers, maxTransfersPerClient, unansweredSeconds, slowestBytesPerSecond } = listeners.tftp;
  return startTftpServer({
    address: formatIpv4(network.serverAddress),
    port,
    singlePort,
    limits: { maxBlockSize, maxWindowSize },
    maxTransfers,
    maxTransfersPerClient,
    unansweredSeconds,
    slowestBytesPerSecond,
    isKnown,
    source,
    observer: {
      ...tftpObserver(metrics.registry),
      onMissing: (client, filename) => missing(filename, client),
    },
    reach,
    log: logger,
  });
}

/** In bytes; undefined where there is no such file. @throws FileRefused */
export async function sizeOf(
  source: TftpSource,
  filename: string,
  client: Ipv4,
): Promise<number | undefined> {
  const file = await source.open(filename, client);
  if (!file) return undefined;
  await file.close();
  return file.size;
}
