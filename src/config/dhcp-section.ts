import { z } from 'zod';
import { formatIpv4, formatSubnet, isHostAddress, rangeContains, subnetsOverlap } from '../net/ipv4.js';
import { extraOption } from './dhcp-option-value.js';
import { domainName, ipv4, macAddress, subnet } from './values.js';

/** At most what fits one option: EDK2 reads the first part only of a split one. */
const bootUrl = z
  .string()
  .regex(/^https?:\/\/[\x21-\x7e]+$/, 'is not a URL, as in http://10.75.0.1:4080/boot/ipxe.efi')
  .max(255, 'is longer than the 255 bytes that firmware reads');

const loader = z.strictObject({
  tftp: z
    .string()
    .regex(/^[\x21-\x7e]{1,127}$/, 'is not a file name of at most 127 bytes')
    .optional()
    .describe('A file below paths.tftpRoot.'),
  http: bootUrl
    .optional()
    .describe('For UEFI HTTP boot, in place of the TFTP name below our own HTTP address.'),
});

export const loaderTable = z
  .strictObject({
    bios: loader.optional(),
    'efi-ia32': loader.optional(),
    'efi-x64': loader.optional(),
    'efi-arm32': loader.optional(),
    'efi-arm64': loader.optional(),
    'efi-riscv32': loader.optional(),
    'efi-riscv64': loader.optional(),
    'efi-loongarch64': loader.optional(),
    codes: z
      .record(z.string().regex(/^[0-9]{1,5}$/, 'is not a number from 0 to 65535'), loader)
      .optional()
      .describe('By the number of option 93, before the architecture it means: 41 for a Raspberry Pi.'),
  })
  .describe('The first program per architecture, over the built-in table.');

const relayedSubnet = z.strictObject({
  subnet: subnet.describe('A network behind a relay.'),
  range: z
    .strictObject({ first: ipv4, last: ipv4 })
    .optional()
    .describe('Dynamic addresses; without it only reserved ones.'),
  leaseSeconds: z.int().min(30).max(86400).default(120).describe('How long a lease holds, in seconds.'),
  router: ipv4.optional(),
  dns: z.array(ipv4).max(8).optional().describe('Without it those of network.dns.'),
  ntp: z.array(ipv4).max(8).optional().describe('Without it those of network.ntp.'),
  domain: domainName.optional().describe('Without it network.domain.'),
  options: z.array(extraOption).default([]).describe('Further options of this network.'),
});

const reservation = z
  .strictObject({
    mac: macAddress.optional(),
    clientId: z
      .string()
      .regex(/^([0-9a-f]{2}:?){2,255}$/i, 'is not a client identifier: write option 61 in hex, quoted')
      .transform((text) => text.replaceAll(':', '').toLowerCase())
      .optional()
      .describe('Option 61, whole, in hex.'),
    address: ipv4.optional(),
    hostname: domainName.optional(),
    loader: loader.optional().describe('What it boots, whatever its architecture.'),
  })
  .refine(
    ({ mac, clientId }) => (mac === undefined) !== (clientId === undefined),
    'needs a mac or a clientId, and not both',
  );

export const dhcpSection = z
  .strictObject({
    mode: z
      .enum(['server', 'proxy', 'off'])
      .default('server')
      .describe('server: gives addresses; proxy: only boot answers, beside another DHCP server; off: none.'),
    authoritative: z
      .boolean()
      .default(false)
      .describe('Tell also clients that are not known at all that the address they ask for is wrong.'),
    leaseFixedAddresses: z
      .boolean()
      .default(false)
      .describe(
        'Known hosts get their fixed address by DHCP. Without it only where bootstrapRange is exhausted.',
      ),
    offerSeconds: z.int().min(5).max(300).default(30).describe('How long an offered address is held.'),
    declineSeconds: z
      .int()
      .min(10)
      .max(86400)
      .default(600)
      .describe('How long an address is left alone that a client found in use.'),
    conflictProbe: z
      .boolean()
      .default(true)
      .describe('Ping an address that another client had before it is given out again: up to 0.5 s.'),
    leasesPerRelayPort: z
      .int()
      .min(0)
      .default(0)
      .describe('The most leases behind one port of a relay (option 82); 0: any number.'),
    routerAdvertisement: z
      .boolean()
      .default(true)
      .describe(
        'In server mode, spare iPXE a wait of up to 16 s for an IPv6 router by telling it there is none.',
      ),
    identifyBy: z
      .enum(['mac', 'clientId'])
      .default('mac')
      .describe(
        'What a client is known by. mac: its hardware address, and option 61 only where it has none; clientId: option 61 in its DUID form, where several clients share a MAC.',
      ),
    allow: z.array(macAddress).optional().describe('Answer these clients and nobody else.'),
    deny: z.array(macAddress).default([]).describe('Never answer these clients.'),
    loaders: loaderTable.prefault({}),
    ownUserClass: z
      .string()
      .regex(/^[\x21-\x7e]{1,30}$/, 'is not a user class: write up to 30 printable characters without blanks')
      .refine((name) => name !== 'iPXE' && name !== 'gPXE', 'is what every iPXE calls itself')
      .optional()
      .describe(
        'Chain any iPXE without this user class (option 77) into ours first. For ROMs that are too old.',
      ),
    options: z.array(extraOption).default([]).describe('Further options of the provisioning network.'),
    subnets: z.array(relayedSubnet).default([]).describe('Networks behind relays, besides network.subnet.'),
    reservations: z
      .array(reservation)
      .default([])
      .describe('Addresses, names and boot files of single clients.'),
  })
  .superRefine((section, context) => {
    for (const { path, message } of [
      ...subnetFaults(section.subnets),
      ...reservationFaults(section.reservations),
    ]) {
      context.addIssue({ code: 'custom', path: [...path], message });
    }
  });

interface SectionFault {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

function subnetFaults(subnets: readonly z.output<typeof relayedSubnet>[]): SectionFault[] {
  return subnets.flatMap(({ subnet, range, router }, index) => {
    const faults: SectionFault[] = [];
    const at = (...rest: string[]) => ['subnets', index, ...rest];
    const inside = `an address of ${formatSubnet(subnet)}`;
    for (const end of ['first', 'last'] as const) {
      if (range !== undefined && !isHostAddress(subnet, range[end])) {
        faults.push({ path: at('range', end), message: `${formatIpv4(range[end])} is not ${inside}` });
      }
    }
    if (range !== undefined && range.first > range.last) {
      faults.push({ path: at('range'), message: 'begins after its end: exchange first and last' });
    }
    if (router !== undefined && !isHostAddress(subnet, router)) {
      faults.push({ path: at('router'), message: `${formatIpv4(router)} is not ${inside}` });
    }
    if (router !== undefined && range !== undefined && rangeContains(range, router)) {
      faults.push({ path: at('range'), message: `holds the router ${formatIpv4(router)}: move one of them` });
    }
    const earlier = subnets.slice(0, index).find((other) => subnetsOverlap(other.subnet, subnet));
    if (earlier !== undefined) {
      faults.push({ path: at('subnet'), message: `overlaps ${formatSubnet(earlier.subnet)}` });
    }
    return faults;
  });
}

function reservationFaults(reservations: readonly z.output<typeof reservation>[]): SectionFault[] {
  return reservations.flatMap((entry, index) =>
    (['mac', 'clientId', 'address'] as const)
      .filter((key) => entry[key] !== undefined)
      .filter((key) => reservations.slice(0, index).some((earlier) => earlier[key] === entry[key]))
      .map((key) => ({ path: ['reservations', index, key], message: 'is reserved already further up' })),
  );
}
