import type { BootPlan } from '../boot/boot-plan.js';
import type { Config, ProfileConfig } from '../config/schema.js';
import { extraNicsFor } from '../host/extra-nics.js';
import { hostnameOf } from '../host/hostname.js';
import { machineIdOf } from '../host/machine-id.js';
import type { Host, OverrideValue } from '../host/host.js';
import type { HostState } from '../host/lifecycle.js';
import { formatIpv4, formatSubnet, netmask, type Ipv4 } from '../net/ipv4.js';
import { urlPath } from '../net/url-path.js';
import { SECRETS, type SecretReader } from './secret-reader.js';

/** JSON, as it comes out of the configuration. */
type JsonValue = ProfileConfig['variables'][string];

/** A host as templates see it: addresses as text, and `null` for what is not known of it. */
interface HostContext {
  readonly serial: string;
  readonly state: HostState;
  readonly profile: string | null;
  readonly internalAddress: string | null;
  /** Its own, else its serial: always fit for a host name. */
  readonly hostname: string;
  /** 32 hex digits, the same for its life. */
  readonly machineId: string;
  readonly macAddresses: readonly string[];
  readonly bootMac: string | null;
  readonly uuid: string | null;
  readonly connectedNic: string | null;
  readonly metadata: readonly string[];
  readonly etcdClusterToken: string | null;
  readonly providerId: string | null;
  readonly ipmiAddress: string | null;
  readonly cabinet: number | null;
  readonly machineOnCabinet: number | null;
  readonly overrides: Readonly<Record<string, OverrideValue>>;
  readonly osVersion: string | null;
}

interface ProfileContext {
  readonly name: string;
  readonly mode: ProfileConfig['mode'];
  readonly tags: readonly string[];
  readonly osVersion: string;
  readonly boot: ProfileConfig['boot'];
  /** As configured; what a profile leaves open is `null`. */
  readonly install: Omit<ProfileConfig['install'], 'disk'> & { readonly disk: DiskRuleContext };
  readonly network: Pick<ProfileConfig['network'], 'model'>;
}

interface DiskRuleContext {
  readonly choose: 'smallest' | 'largest' | 'first';
  readonly minBytes: number;
  readonly maxBytes: number | null;
  /** A shell pattern for the kernel name. */
  readonly name: string;
  readonly model: string | null;
}

interface NetworkContext {
  readonly serverAddress: string;
  readonly subnet: string;
  readonly netmask: string;
  readonly prefixLength: number;
  readonly router: string | null;
  readonly dns: readonly string[];
  readonly ntp: readonly string[];
  readonly domain: string | null;
  /** Of the host, or of all where it is not known. */
  readonly extraNics: readonly ExtraNicContext[];
}

interface ExtraNicContext {
  readonly name: string;
  readonly vlan: number | null;
  /** The host's own there. */
  readonly address: string | null;
  readonly subnet: string;
  readonly netmask: string;
  readonly prefixLength: number;
  readonly routes: readonly { readonly to: string; readonly via: string }[];
}

/** None of them holds a `=`: first-stage systems cut kernel arguments there. */
interface UrlsContext {
  readonly base: string;
  readonly bootIpxe: string;
  readonly firstStage: string;
  readonly finalConfig: string;
  /** The host's configuration, for Ignition's own fetching. */
  readonly ignition: string;
  /** That of the live system which installs it. */
  readonly installerIgnition: string;
  readonly hostinfoHelper: string;
  readonly setInstalled: string;
  readonly bootComplete: string;
  /** A phase follows: `<report>/download`. */
  readonly report: string;
  /** A file follows: `<images>/vmlinuz`. */
  readonly images: string;
  /** A token follows: `<etcdDiscovery>/<token>`. */
  readonly etcdDiscovery: string;
}

/** The image that the installer writes to the disk. */
interface ImageContext {
  /** Its extension tells how it is compressed. */
  readonly name: string;
  readonly url: string;
  /** 64 lower-case hex digits, of the file as it is served. */
  readonly sha256: string;
}

/** The machine's boot, as iPXE scripts need it. */
export interface BootContext {
  /** iPXE's `${platform}`: `pcbios` or `efi`. */
  readonly platform: string | null;
  /** iPXE's `${buildarch}`. */
  readonly arch: string | null;
  /** How the local disk is booted. */
  readonly method: 'sanboot' | 'exit' | null;
  /** Why the machine gets this script, for the operator at its console. */
  readonly reason: string | null;
}

/** Everything a template can refer to; anything else in it is a fault. */
export interface TemplateContext {
  /** `null` where nobody knows yet which machine asks. */
  readonly host: HostContext | null;
  readonly profile: ProfileContext | null;
  readonly network: NetworkContext;
  readonly urls: UrlsContext;
  readonly image: ImageContext | null;
  /** What the machine boots; `null` where that is not what the template is for. */
  readonly plan: BootPlan | null;
  readonly boot: BootContext;
  readonly vars: Readonly<Record<string, JsonValue | OverrideValue>>;
  /** Undefined where secrets have no place. */
  readonly [SECRETS]?: SecretReader | undefined;
}

export interface ContextParts {
  readonly config: Pick<Config, 'network' | 'listeners' | 'templateVariables' | 'etcd'>;
  readonly host?: Host | undefined;
  readonly profile?: ProfileConfig | undefined;
  readonly image?: Pick<ImageContext, 'sha256'> | undefined;
  /** Those of `machineUrls`, where they are made already. */
  readonly urls?: UrlsContext | undefined;
  /** What the URLs are to carry where they are not. */
  readonly capability?: string | undefined;
  readonly plan?: BootPlan | undefined;
  readonly boot?: Partial<BootContext> | undefined;
  readonly secrets?: SecretReader | undefined;
}

/** What Mayu's first stage replaces by the machine's own serial. */
const SERIAL_PLACEHOLDER = '__SERIAL__';

/** Without a host the URLs are those of any machine: the first stage puts its serial in, images are of the default version. */
export function templateContext({
  config,
  host,
  profile,
  image,
  capability,
  urls = machineUrls(config, host, profile, capability),
  plan,
  boot,
  secrets,
}: ContextParts): TemplateContext {
  return {
    host: host ? hostContext(host) : null,
    profile: profile ? profileContext(profile) : null,
    network: networkContext(config.network, profile, host),
    urls,
    image:
      image && profile
        ? {
            name: profile.install.image,
            url: `${urls.images}/${urlPath(profile.install.image)}`,
            sha256: image.sha256,
          }
        : null,
    plan: plan ?? null,
    boot: {
      platform: null,
      arch: null,
      method: plan?.kind === 'own-disk' ? plan.method : null,
      reason: plan?.kind === 'wait' ? plan.reason : null,
      ...boot,
    },
    vars: { ...config.templateVariables, ...profile?.variables, ...host?.overrides },
    ...(secrets && { [SECRETS]: secrets }),
  };
}

function hostContext(host: Host): HostContext {
  return {
    serial: host.serial,
    state: host.state,
    profile: host.profile ?? null,
    internalAddress: textOf(host.internalAddress),
    hostname: hostnameOf(host),
    machineId: machineIdOf(host),
    macAddresses: host.macAddresses,
    bootMac: host.bootMac ?? null,
    uuid: host.uuid ?? null,
    connectedNic: host.connectedNic ?? null,
    metadata: host.metadata,
    etcdClusterToken: host.etcdClusterToken ?? null,
    providerId: host.providerId ?? null,
    ipmiAddress: host.ipmiAddress ?? null,
    cabinet: host.cabinet ?? null,
    machineOnCabinet: host.machineOnCabinet ?? null,
    overrides: host.overrides,
    osVersion: host.osVersion ?? null,
  };
}

function profileContext(profile: ProfileConfig): ProfileContext {
  const { disk, ...install } = profile.install;
  return {
    name: profile.name,
    mode: profile.mode,
    tags: profile.tags,
    osVersion: profile.osVersion,
    boot: profile.boot,
    install: {
      ...install,
      disk: {
        choose: disk.choose,
        minBytes: Math.round(disk.minGigabytes * 1e9),
        maxBytes: disk.maxGigabytes === undefined ? null : Math.round(disk.maxGigabytes * 1e9),
        name: disk.name,
        model: disk.model ?? null,
      },
    },
    network: { model: profile.network.model },
  };
}

function extraNicContext(
  { name, vlan, subnet, routes }: Config['network']['extraNics'][number],
  host: Host | undefined,
): ExtraNicContext {
  return {
    name,
    vlan: vlan ?? null,
    address: textOf(host?.extraAddresses?.[name]),
    subnet: formatSubnet(subnet),
    netmask: formatIpv4(netmask(subnet)),
    prefixLength: subnet.prefixLength,
    routes: routes.map(({ to, via }) => ({ to: formatSubnet(to), via: formatIpv4(via) })),
  };
}

function networkContext(
  network: Config['network'],
  profile: ProfileConfig | undefined,
  host: Host | undefined,
): NetworkContext {
  const extraNics = extraNicsFor(network.extraNics, profile?.network.extraNics ?? []);

  return {
    serverAddress: formatIpv4(network.serverAddress),
    subnet: formatSubnet(network.subnet),
    netmask: formatIpv4(netmask(network.subnet)),
    prefixLength: network.subnet.prefixLength,
    router: textOf(network.router),
    dns: network.dns.map(formatIpv4),
    ntp: network.ntp.map((server) => (typeof server === 'string' ? server : formatIpv4(server))),
    domain: network.domain ?? null,
    extraNics: extraNics.map((nic) => extraNicContext(nic, host)),
  };
}

/**
 * Without a host those of any machine.
 * @param capability What the host proves by that it is the one to which this was given; 32 hex digits. What everybody gets goes without, and
 * what outlives the boot.
 */
export function machineUrls(
  config: ContextParts['config'],
  host: Host | undefined,
  profile: ProfileConfig | undefined,
  capability?: string,
): UrlsContext {
  const server = `http://${formatIpv4(config.network.serverAddress)}:${config.listeners.http.port}`;
  const base = capability === undefined ? server : `${server}/m/${capability}`;
  const serial = host?.serial ?? SERIAL_PLACEHOLDER;
  const finalConfig =
    profile?.install.configFormat === 'cloud-config'
      ? 'final-cloud-config.yaml'
      : 'final-ignition-config.json';
  return {
    base,
    bootIpxe: `${server}/boot.ipxe`,
    firstStage: `${base}/first-stage-script/${serial}`,
    finalConfig: `${base}/${finalConfig}`,
    ignition: `${base}/ignition/${serial}`,
    installerIgnition: `${base}/ignition/${serial}/installer`,
    hostinfoHelper: `${server}/hostinfo-helper`,
    setInstalled: `${base}/admin/host/${serial}/set_installed`,
    bootComplete: `${base}/admin/host/${serial}/boot_complete`,
    report: `${base}/report/${serial}`,
    images: host ? `${server}/images/${serial}` : `${server}/images`,
    etcdDiscovery: config.etcd.discoveryUrl ?? `${server}/etcd`,
  };
}

function textOf(address: Ipv4 | undefined): string | null {
  return address === undefined ? null : formatIpv4(address);
}
