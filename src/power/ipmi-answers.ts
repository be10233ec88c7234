import { cleanText, type ImagoError } from '../errors.js';
import type { Inventory, PowerStatus } from './power-port.js';
import {
  BmcCipherRefused,
  BmcFault,
  BmcRefusedCredentials,
  BmcUnreachable,
  BmcUnsupported,
} from './errors.js';

/** As `ipmitool chassis power status` prints it. */
export function parsePowerStatus(output: string): PowerStatus | undefined {
  const [, status] = /^Chassis Power is (on|off)\s*$/im.exec(output) ?? [];
  return status === undefined ? undefined : status.toLowerCase() === 'on' ? 'on' : 'off';
}

type Facts = Readonly<{ address: string; user: string; cipherSuite: number; retrySeconds: number }>;

interface Complaint {
  readonly says: RegExp;
  readonly error: (facts: Facts) => ImagoError;
}

/**
 * What `ipmitool -v` (1.8.19) writes when a command fails, the most telling first. After a packet was sent again, the answer to the
 * first one is checked with the numbers of the second: that says nothing of the password.
 */
const complaints: readonly Complaint[] = [
  {
    says: /(?:no response from RAKP|Request Match NOT FOUND)[^]*(?:RAKP 2 HMAC is invalid|RAKP 4 message has invalid integrity)/i,
    error: ({ address, retrySeconds }) =>
      new BmcUnreachable(
        address,
        `its answers come later than ${retrySeconds} s, or are lost`,
        'set power.ipmi.retrySeconds to more than its answers take, and check its cable',
      ),
  },
  {
    says: /RAKP 2 HMAC is invalid|RAKP 4 message has invalid integrity/i,
    error: ({ address, user }) => new BmcRefusedCredentials(address, user, 'wrong password'),
  },
  {
    says: /unauthorized name/i,
    error: ({ address, user }) => new BmcRefusedCredentials(address, user, 'no such user'),
  },
  {
    says: /insufficient privilege|unauthorized role|Requested privilege level exceeds|(?:inactive|invalid) role|Activate Session error/i,
    error: ({ address, user }) => new BmcRefusedCredentials(address, user, 'its privilege is too low'),
  },
  {
    says: /password is longer than/i,
    error: ({ address, user }) =>
      new BmcRefusedCredentials(address, user, 'IPMI passwords have 20 bytes at most'),
  },
  {
    says: /algorithm 0x[0-9a-f]+ is not what we requested|invalid (?:authentication|integrity|confidentiality) algorithm|no matching (?:cipher|authentication)|Invalid cipher suite|Unsupported cipher suite/i,
    error: ({ address, cipherSuite }) => new BmcCipherRefused(address, [cipherSuite]),
  },
  {
    says: /insufficient resources for session|no resources? to (?:create|open)/i,
    error: ({ address }) => new BmcFault(address, 'all its sessions are taken'),
  },
  {
    says: /Address lookup for .* failed/i,
    error: ({ address }) => new BmcUnreachable(address, 'its name is not known'),
  },
  {
    says: /Get Channel Authentication Capabilities|Get Auth Capabilities error|no response from|Network is unreachable|No route to host|Could not open socket/i,
    error: ({ address }) => new BmcUnreachable(address, 'no answer'),
  },
  {
    says: /Invalid command\s*$|Command not supported|not supported in present state/im,
    error: ({ address }) =>
      new BmcUnsupported(address, 'do this', 'see its manual, or whether its firmware can be renewed'),
  },
  {
    says: /Unable to establish IPMI v2/i,
    error: ({ address }) => new BmcUnreachable(address, 'no session came about'),
  },
];

/** With `-v` it asks every BMC for a vendor's extension first; that it has none is no fault. */
const NOISE =
  /^(?:Loading IANA|Running Get VSO|Discovered IPMB|Invalid completion code received|Get HPM\.x Capabilities)/;

/** Characters: what matters stands at the end. */
const LONGEST_SAID = 16_384;

/** @param output What it wrote, with the password already scrubbed. */
export function errorFromOutput(output: string, facts: Facts): ImagoError {
  const told = output
    .slice(-LONGEST_SAID)
    .split('\n')
    .filter((line) => !NOISE.test(line))
    .join('\n');
  const complaint = complaints.find(({ says }) => says.test(told));
  return complaint?.error(facts) ?? new BmcFault(facts.address, lastLine(told));
}

function lastLine(output: string): string {
  const line = output
    .split('\n')
    .map((text) => text.trim())
    .findLast((text) => text !== '');
  return cleanText(line ?? 'it said nothing').slice(0, 200);
}

const fruFields = {
  manufacturer: /^ *Product Manufacturer *:(.+)$/m,
  model: /^ *Product Name *:(.+)$/m,
  serial: /^ *Product Serial *:(.+)$/m,
  assetTag: /^ *Product Asset Tag *:(.+)$/m,
} as const;

/** From `fru print 0`, `mc info` and `mc guid`. What the BMC does not have is missing there. */
export function parseInventory(fru: string, mcInfo: string, guid: string): Inventory {
  const fields = Object.entries(fruFields).flatMap(([field, pattern]) => {
    const value = cleanText(pattern.exec(fru)?.[1] ?? '').trim();
    return value === '' ? [] : [[field, value] as const];
  });
  const [, bmcVersion] = /^Firmware Revision *: *(\S+)/m.exec(mcInfo) ?? [];
  const [, uuid] = /^System GUID *: *([0-9a-f-]{36})/im.exec(guid) ?? [];
  return {
    ...Object.fromEntries(fields),
    ...(bmcVersion !== undefined && { bmcVersion: cleanText(bmcVersion) }),
    ...(uuid !== undefined && { uuid: uuid.toLowerCase() }),
  };
}
