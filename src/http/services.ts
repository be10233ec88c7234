import type { Logger } from 'pino';
import type { PreviewDhcp } from '../dhcp/policy/simulate-dhcp.js';
import type { BootSources } from '../boot/boot-source.js';
import type { StaticBoots } from '../boots/static-boots.js';
import type { Audit } from '../access/audit.js';
import type { Authenticator } from '../access/authenticate.js';
import type { Sessions } from '../access/sessions.js';
import type { OidcLogins } from '../oidc/oidc-logins.js';
import type { Tokens } from '../access/tokens.js';
import type { CapabilityBook } from '../access/capability-book.js';
import type { LeaseBook } from '../access/lease-book.js';
import type { Config } from '../config/schema.js';
import type { HostArchive } from '../host/host-archive.js';
import type { HostStore } from '../host/host-store.js';
import type { RecordStore } from '../host/record-kind.js';
import type { ImageCatalog } from '../images/image-catalog.js';
import type { ImageStock } from '../images/image-stock.js';
import type { Joining } from '../joining/joining.js';
import type { ReachLimit } from '../limits.js';
import type { SenderThreads } from '../net/linux/sender-threads.js';
import type { Ipv4 } from '../net/ipv4.js';
import type { Alarm } from '../provision/alarms.js';
import type { HostPower } from '../provision/host-power.js';
import type { SeenCard } from '../provision/machine-proof.js';
import type { Provisioner } from '../provision/provisioner.js';
import type { SeenPlatforms } from '../provision/seen-platforms.js';
import type { StuckWatch } from '../provision/stuck-watch.js';
import type { ClusterBackups } from '../store/backup/cluster-backups.js';
import type { MachineSecrets } from '../secrets/machine-secrets.js';
import type { Templates } from '../template/catalog.js';
import type { NetbootHandlers } from './netboot-handlers.js';
import type { ServedFileAt } from './served-file.js';
import type { NewsSource } from './event-feed.js';
import type { HttpMetrics } from './http-metrics.js';
import type { ShownCertificates } from './secure-server.js';
import type { ProgressBoard } from '../provision/progress-board.js';

/** What is made, under that name of TFTP, for the one who asks; undefined where nothing is. */
export type MachineFile = (filename: string, client: Ipv4) => Promise<Uint8Array | undefined>;

/** Undefined where there is no such file. */
export type TftpSize = (filename: string, client: Ipv4) => Promise<number | undefined>;

/** All that the routes are made of. */
export interface HttpServices {
  /** As it stands now: a reload makes a new one. Its paths are absolute. */
  readonly config: () => Config;
  /** Takes up the configuration's file anew. @throws an ImagoError that says why the old one stays in force. */
  readonly reload: () => void;
  readonly store: HostStore & HostArchive & RecordStore;
  readonly backups: Pick<ClusterBackups, 'make'>;
  readonly provisioner: Provisioner;
  /** Who waits to be accepted. */
  readonly joining: Joining;
  readonly platforms: SeenPlatforms;
  readonly templates: Templates;
  readonly secrets: MachineSecrets;
  readonly images: ImageCatalog;
  /** Sends files past this process; undefined where the system does not. */
  readonly sender?: SenderThreads | undefined;
  readonly stock: ImageStock;
  readonly power: HostPower;
  /** What operators have machines boot without a profile. */
  readonly boots: StaticBoots;
  /** Who decides what a machine boots. */
  readonly sources: BootSources;
  /** Keeps images that machines are tied to; undefined where nobody does. */
  readonly netboot?: NetbootHandlers | undefined;
  readonly leases: LeaseBook;
  /** By which operators know this server; undefined where no listener is over TLS. */
  readonly certificates?: ShownCertificates | undefined;
  /** What machines prove by which ones they are. */
  readonly capabilities: CapabilityBook;
  /** Which network card the kernel has for the address now. */
  readonly cardAt: (address: Ipv4, since?: number) => SeenCard;
  /** Who commands. */
  readonly authenticator: Authenticator;
  readonly tokens: Tokens;
  /** Logins in browsers. */
  readonly sessions: Sessions;
  /** @throws OidcOff */
  readonly oidc: () => Promise<OidcLogins>;
  /** Who was refused. */
  readonly audit: Audit;
  /** Undefined where DHCP is off. */
  readonly previewDhcp?: PreviewDhcp | undefined;
  /** The size in bytes of what TFTP sends under that name; undefined where TFTP is off. @throws ImagoError for a name that nobody gets */
  readonly tftpSize?: TftpSize | undefined;
  /** What systems beside imago's own serve at a URL. */
  readonly fileAt?: ServedFileAt | undefined;
  readonly machineFile: MachineFile;
  /** Told of each file below `/tftp/` that was asked for and is not there. */
  readonly missing?: ((filename: string, client: Ipv4 | undefined) => void) | undefined;
  readonly progress: ProgressBoard;
  readonly stuck: StuckWatch;
  /** What else is wrong, beside machines that wait. */
  readonly otherAlarms?: (() => readonly Alarm[]) | undefined;
  /** Of the cluster as a whole. */
  readonly news?: NewsSource | undefined;
  readonly metrics: HttpMetrics;
  /** The clock of what clients hold, in milliseconds. */
  readonly now?: () => number;
  readonly reach: ReachLimit;
  readonly logger: Logger;
  readonly clock: () => Date;
  /** Of imago. */
  readonly version: string;
}

/** What shows and plays how a machine would boot. */
export type PreviewPorts = Pick<
  HttpServices,
  | 'config'
  | 'store'
  | 'sources'
  | 'provisioner'
  | 'joining'
  | 'images'
  | 'stock'
  | 'boots'
  | 'templates'
  | 'secrets'
  | 'previewDhcp'
  | 'tftpSize'
  | 'fileAt'
>;
