import type { BmcAddress } from './bmc-address.js';
import type { Secret } from './secret.js';

export const ipmiPrivileges = ['user', 'operator', 'administrator'] as const;

interface CommonTarget {
  readonly address: BmcAddress;
  readonly port: number;
  readonly user: string;
  /** Asked for at the moment of use, so that a changed password holds at once. @throws SecretUnusable */
  readonly password: () => Promise<Secret>;
  /** Whether the machine was seen to boot with UEFI: a boot device is set for that, unless the command says otherwise. */
  readonly seenUefi?: boolean | undefined;
  /** For one command, tries of the transport included. */
  readonly timeoutSeconds: number;
}

export interface IpmiTarget extends CommonTarget {
  readonly driver: 'ipmi';
  /** Tried one after the other. IPMI 2.0 §22.15.2: 17 is HMAC-SHA256 with AES, 3 is HMAC-SHA1 with AES. */
  readonly cipherSuites: readonly number[];
  /** After which a packet without an answer is sent again. */
  readonly retrySeconds: number;
  /** How often a packet is sent at most. */
  readonly packetTries: number;
  readonly privilege: (typeof ipmiPrivileges)[number];
}

export interface RedfishTarget extends CommonTarget {
  readonly driver: 'redfish';
  /** For one answer to come whole. */
  readonly answerSeconds: number;
  readonly scheme: 'https' | 'http';
  readonly authentication: 'session' | 'basic';
  /** The Id of the system, where a BMC has several. */
  readonly system?: string | undefined;
  readonly tls: {
    readonly verify: boolean;
    /** SHA-256 of the certificate, 64 hex digits in lower case; it alone decides then. */
    readonly fingerprint?: string | undefined;
    /** A PEM file, instead of the authorities that Node.js brings. */
    readonly caFile?: string | undefined;
  };
}

export type BmcTarget = IpmiTarget | RedfishTarget;

/** For messages and as the key of the queue: machines never share a BMC. */
export function nameOfTarget({ address, port }: Pick<BmcTarget, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
