import { z } from 'zod';
import { adminSection } from './admin-section.js';
import { bootSection } from './boot-section.js';
import { bootcfgSection } from './bootcfg-section.js';
import { dhcpSection, loaderTable } from './dhcp-section.js';
import { dnsSection } from './dns-section.js';
import { etcdSection } from './etcd-section.js';
import { eventsSection } from './events-section.js';
import { extraNicsSection } from './extra-nics-section.js';
import { matchboxGrpcSection, pxeInitGrpcSection } from './grpc-section.js';
import { grpcLimitsSection } from './grpc-limits-section.js';
import { httpLimitsSection } from './http-limits-section.js';
import { imagesSection } from './images-section.js';
import { matchboxSection } from './matchbox-section.js';
import { machinesSection } from './machines-section.js';
import { newHostsSection } from './new-hosts-section.js';
import { operatorsSection } from './operators-section.js';
import { pixiecoreSection } from './pixiecore-section.js';
import { powerSection } from './power-section.js';
import { profileMatchSection } from './profile-match-section.js';
import { secretsSection } from './secrets-section.js';
import { pxeInitSection } from './pxe-init-section.js';
import { storeSection } from './store-section.js';
import {
  bmcAddress,
  domainName,
  ipv4,
  plainName,
  port,
  relativePath,
  serial,
  subnet,
  timeServer,
} from './values.js';

/** Every setting, its unit and its default stand here and nowhere else. Cross-checks between settings: `cross-checks.ts`. */

const network = z.strictObject({
  interface: z
    .string()
    .regex(/^[^\s/]{1,15}$/, 'is not the name of a network interface: see `ip link`')
    .describe('The one interface of the provisioning VLAN. DHCP is answered there and nowhere else.'),
  serverAddress: ipv4.describe('The address of this server on that interface.'),
  subnet: subnet.describe('The provisioning network.'),
  bootstrapRange: z
    .strictObject({
      first: ipv4.describe('The lowest address.'),
      last: ipv4.describe('The highest address.'),
      leaseSeconds: z
        .int()
        .min(30)
        .max(86400)
        .default(120)
        .describe('How long such a lease holds, in seconds.'),
    })
    .describe('Dynamic addresses for machines that boot and install.'),
  hostRange: z
    .strictObject({
      first: ipv4.describe('The lowest address.'),
      last: ipv4.describe('The highest address.'),
    })
    .describe('Each host gets a fixed address from here, for its life.'),
  router: ipv4.optional().describe('The default gateway.'),
  dns: z.array(ipv4).max(8).default([]).describe('Name servers, in order.'),
  ntp: z
    .array(timeServer)
    .max(8)
    .default([])
    .describe(
      'Time servers, in order: addresses or names. Templates get all of them; DHCP knows addresses alone (option 42), and leaves out the names.',
    ),
  extraNics: extraNicsSection.describe(
    'Further interfaces of every host, beside the one of the provisioning network.',
  ),
  domain: domainName.optional().describe('The domain of the machines’ host names.'),
  localTargets: z
    .array(bmcAddress)
    .default([])
    .describe(
      'Names, and addresses behind redirects, by which webhooks, mirrors and image sources may lead to this server itself, its links or a metadata service. Addresses that are configured as such need not stand here.',
    ),
  allowOtherNetworks: z
    .boolean()
    .default(false)
    .describe(
      'Start although the sockets could not be bound to the interface and this machine has other networks.',
    ),
});

const diskRule = z
  .strictObject({
    choose: z
      .enum(['smallest', 'largest', 'first'])
      .default('smallest')
      .describe('Which of the disks that fit.'),
    minGigabytes: z.number().min(0).default(0).describe('Smaller disks are left alone, in 10^9 bytes.'),
    maxGigabytes: z.number().positive().optional().describe('Larger disks are left alone, in 10^9 bytes.'),
    name: z
      .string()
      .regex(/^[A-Za-z0-9*?[\]!-]{1,32}$/, 'is not a pattern for device names, as in nvme* or sd[a-d]')
      .default('*')
      .describe('Only disks whose kernel name fits this shell pattern, as in nvme*.'),
    model: z.string().max(64).optional().describe('Only disks whose model contains this text.'),
  })
  .describe('Which disk the system is written to. Removable and read-only disks never are.');

const profile = z.strictObject({
  name: plainName.describe('One must be named `default`: it takes what no other takes.'),
  quantity: z.int().min(0).optional().describe('How many hosts it takes; without it any number.'),
  match: profileMatchSection.optional(),
  tags: z
    .array(z.string().regex(/^[A-Za-z0-9._/-]+(=[^\s,]*)?$/, 'is not a tag, as in role=core or spare'))
    .default([])
    .describe('Metadata of its hosts.'),
  mode: z
    .enum(['two-stage', 'direct-ignition', 'diskless'])
    .default('two-stage')
    .describe(
      'How its machines come to their system: installed by the first-stage script; by an installer that Ignition starts; or booted from the network each time.',
    ),
  osVersion: plainName
    .optional()
    .describe(
      'The folder in paths.images with its kernel, initial ramdisk and image. Without it that of `defaultOsVersion`.',
    ),
  etcdToken: z
    .string()
    .regex(/^[A-Za-z0-9]{1,64}$/, 'is not an etcd discovery token: write up to 64 letters and digits')
    .optional()
    .describe('Its hosts’ token for etcd discovery, instead of the cluster’s.'),
  boot: z
    .strictObject({
      kernel: relativePath.default('vmlinuz').describe('The kernel, in the folder of the version.'),
      initrd: z.array(relativePath).default(['initrd.cpio.gz']).describe('The initial ramdisks, in order.'),
      kernelArguments: z
        .array(z.string().regex(/^[\x21-\x7e]+$/, 'is not one kernel argument: no blanks'))
        .default([])
        .describe('Added to the kernel’s command line.'),
      localBoot: z
        .enum(['auto', 'sanboot', 'exit'])
        .default('auto')
        .describe('How an installed machine boots its disk; auto: sanboot with BIOS, exit with UEFI.'),
      loaders: loaderTable
        .prefault({})
        .describe('The first program of its hosts per architecture, over dhcp.loaders.'),
    })
    .prefault({}),
  install: z
    .strictObject({
      image: relativePath
        .default('install_image.bin.bz2')
        .describe('The disk image: raw, or compressed as `.bz2`, `.gz`, `.xz`, `.zst`.'),
      disk: diskRule.prefault({}),
      configLabel: z
        .string()
        .regex(
          /^[A-Za-z0-9_.-]{1,36}$/,
          'is not a label of a file system: write up to 36 letters, digits, dots, hyphens and underscores',
        )
        .default('OEM')
        .describe('The label of the file system that the final configuration is written to.'),
      configFile: relativePath.default('config.ign').describe('Its file there.'),
      layout: z
        .enum(['imago', 'mayu'])
        .default('imago')
        .describe(
          'mayu: as Mayu’s first stage left a disk. `/etc/mayu-env` on the file system ROOT; a cloud-config goes there too, to `/var/lib/coreos-install/user_data`, whatever configLabel and configFile say, with `/etc/machine-id`.',
        ),
      configFormat: z
        .enum(['ignition', 'cloud-config'])
        .default('ignition')
        .describe('What is written there.'),
      sealed: z
        .boolean()
        .default(false)
        .describe(
          'The configuration is given out encrypted only, to a key that the installer makes (age). See docs/secrets.md.',
        ),
    })
    .prefault({}),
  templates: z
    .strictObject({
      ipxe: relativePath.default('install.ipxe').describe('The iPXE script that boots the installer.'),
      firstStage: relativePath.default('first-stage.sh').describe('The script that the installer runs.'),
      ignition: relativePath.default('ignition.yaml').describe('Ignition, written as YAML.'),
      cloudConfig: relativePath.default('cloud-config.yaml').describe('The cloud-config.'),
      installer: relativePath
        .default('installer-flatcar.yaml')
        .describe('Ignition of the live system that installs, with mode direct-ignition.'),
    })
    .prefault({}),
  network: z
    .strictObject({
      model: plainName
        .default('single')
        .describe('The snippet network-<model> in paths.snippets: single, bond, bridge, or yours.'),
      extraNics: extraNicsSection.describe(
        'Further interfaces of its hosts; one takes the place of that of the same name in network.extraNics.',
      ),
    })
    .prefault({}),
  variables: z.record(z.string(), z.json()).default({}).describe('Template variables of its hosts.'),
});

const predefinedHost = z.strictObject({
  serial,
  profile: plainName.optional(),
  address: ipv4.optional().describe('Its fixed address, in network.hostRange.'),
  hostname: domainName.optional(),
  metadata: z.array(z.string()).optional(),
  providerId: z.string().max(256).optional(),
  ipmiAddress: bmcAddress.optional(),
  cabinet: z.int().min(0).optional(),
  machineOnCabinet: z.int().min(0).optional(),
  overrides: z.record(z.string(), z.string()).optional(),
  loaders: loaderTable
    .prefault({})
    .describe(
      'Its first program per architecture, over that of its profile, once its network card is known.',
    ),
});

const dialectPort = port.default(8080);
const fetchedFrom = (name: string) =>
  `What machines fetch of ${name}, where that is on. At the server’s address.`;

export const configSchema = z.strictObject({
  cluster: plainName.describe(
    'The name of the cluster: its machines are kept in the folder of that name in `paths.clusters`.',
  ),
  network,
  dhcp: dhcpSection.prefault({}),
  dns: dnsSection.prefault({}),
  profiles: z
    .array(profile)
    .min(1)
    .describe('A new host gets the first that still takes one and is for such a machine.'),
  defaultOsVersion: plainName
    .optional()
    .describe(
      'The version of profiles that name none, and what `/ipxebootscript` and `/images/<file>` serve to machines that nobody knows. Without it that of the profile `default`.',
    ),
  hosts: z.array(predefinedHost).default([]).describe('What is known of machines before they ever boot.'),
  newHosts: newHostsSection.prefault({}),
  machines: machinesSection.prefault({}),
  templateVariables: z.record(z.string(), z.json()).default({}).describe('Template variables of all hosts.'),
  paths: z
    .strictObject({
      templates: z.string().default('templates').describe('Templates.'),
      snippets: z.string().default('template_snippets').describe('Parts of templates.'),
      images: z.string().default('images').describe('One folder for each version of an operating system.'),
      tftpRoot: z
        .string()
        .default('tftproot')
        .describe('Boot loaders, served by TFTP, and by HTTP below /tftp/.'),
      static: z
        .array(z.string())
        .default([])
        .describe(
          'Folders whose files are served to anybody below /, the first that has a file wins. None may hold what is imago’s own.',
        ),
      clusters: z.string().default('clusters').describe('One Git repository for each cluster.'),
      state: z.string().default('var').describe('Leases and caches.'),
    })
    .prefault({})
    .describe('Relative paths start from the folder that holds the folder of the configuration file.'),
  listeners: z
    .strictObject({
      http: z
        .strictObject({
          port: port.default(4080),
          dialects: z
            .array(z.enum(['mayu', 'pixiecore']))
            .default(['mayu', 'pixiecore'])
            .describe(
              'What it answers beside imago’s own: the calls of mayuctl, and the API mode of Pixiecore.',
            ),
        })
        .prefault({})
        .describe('What machines fetch while they boot.'),
      bootcfg: z.strictObject({ port: dialectPort }).prefault({}).describe(fetchedFrom('bootcfg')),
      matchbox: z
        .strictObject({ port: dialectPort, grpc: matchboxGrpcSection })
        .prefault({})
        .describe(fetchedFrom('matchbox')),
      pxeInit: z
        .strictObject({ port: dialectPort, grpc: pxeInitGrpcSection })
        .prefault({})
        .describe(fetchedFrom('pxe-init')),
      admin: adminSection.prefault({}),
      tftp: z
        .strictObject({
          enabled: z.boolean().default(true),
          port: port.default(69),
          singlePort: z
            .boolean()
            .default(false)
            .describe('Answer from the listening port, for containers and firewalls.'),
          maxTransfers: z.int().min(1).default(2000).describe('At the same time, in all.'),
          maxTransfersPerClient: z.int().min(1).default(256).describe('At the same time, to one address.'),
          unansweredSeconds: z
            .number()
            .min(0.5)
            .max(255)
            .default(5)
            .describe(
              'How long a client that has confirmed nothing keeps its place when all are taken, and is waited for at most between two sends, whatever `timeout` it asked for.',
            ),
          slowestBytesPerSecond: z
            .int()
            .min(0)
            .default(1024)
            .describe(
              'A transfer that has carried less, from its start on and for half a minute, makes room when all places are taken.',
            ),
          maxBlockSize: z
            .int()
            .min(8)
            .max(65464)
            .default(65464)
            .describe(
              'Bytes. What a client asks for beyond it is answered with it (RFC 2348): 1428 for a network that loses fragments, 1468 where nothing narrows Ethernet.',
            ),
          maxWindowSize: z
            .int()
            .min(1)
            .max(64)
            .default(64)
            .describe('Blocks on their way at once (RFC 7440); a window is never larger than 256 KiB.'),
        })
        .prefault({}),
    })
    .prefault({}),
  limits: z
    .strictObject({ http: httpLimitsSection.prefault({}), grpc: grpcLimitsSection.prefault({}) })
    .prefault({})
    .describe('What clients may hold or cause.'),
  operators: operatorsSection.prefault({}),
  boot: bootSection.prefault({}),
  bootcfg: bootcfgSection.prefault({}),
  matchbox: matchboxSection.prefault({}),
  pixiecore: pixiecoreSection.prefault({}),
  pxeInit: pxeInitSection.prefault({}),
  power: powerSection.prefault({}),
  secrets: secretsSection.prefault({}),
  images: imagesSection.prefault({}),
  events: eventsSection.prefault({}),
  store: storeSection.prefault({}),
  etcd: etcdSection.prefault({}),
  process: z
    .strictObject({
      user: z
        .string()
        .regex(/^[a-z_][a-z0-9_-]{0,31}$/, 'is not the name of a user, as in imago')
        .optional()
        .describe(
          'Whom imago, started by root, becomes once its ports are open; its folders are made over to that user. Without it imago stays who started it.',
        ),
    })
    .prefault({}),
  logging: z.strictObject({ level: z.enum(['debug', 'info', 'warn', 'error']).default('info') }).prefault({}),
});

/** Each profile has a version: that it names one, or the whole does, is a cross-check. */
export function completed(config: z.output<typeof configSchema>) {
  const profiles = config.profiles.map((one) => ({
    ...one,
    osVersion: one.osVersion ?? config.defaultOsVersion ?? '',
  }));
  return { ...config, profiles };
}

export type Config = ReturnType<typeof completed>;
export type ProfileConfig = Config['profiles'][number];
