import { powerDefaults, type PowerConfig } from '../config/power-section.js';
import { ImagoError } from '../errors.js';
import type { Host } from '../host/host.js';
import type { Platform } from '../host/platform.js';
import { assertAllowed, parseBmcAddress, type BmcAddress, type BmcNetworks } from '../power/bmc-address.js';
import type { BmcTarget, IpmiTarget, RedfishTarget } from '../power/bmc-target.js';
import type { Secret } from '../power/secret.js';
import type { SecretSource } from '../power/secret-source.js';

export class BmcUnknown extends ImagoError {
  readonly code = 'BMC_UNKNOWN';

  constructor(serial: string, missing: string, remedy: string) {
    super(`${serial} cannot be reached by its BMC: ${missing}; ${remedy}`, { serial, missing });
  }
}

/**
 * How the host's BMC is reached: what the configuration says of the host, else of its profile, else of all.
 * @throws BmcUnknown, BmcAddressForbidden, InvalidValue
 */
export function bmcOfHost(
  host: Omit<Host, 'platform'> & { readonly platform?: Platform | undefined },
  power: PowerConfig,
  networks: Omit<BmcNetworks, 'allowed'>,
  readSecret: (source: SecretSource) => Promise<Secret>,
): BmcTarget {
  const ofHost = power.hosts.get(host.serial);
  const ofProfile = host.profile === undefined ? undefined : power.profiles[host.profile];
  const layers = [ofHost, ofProfile, power];
  const driver = first(layers, 'driver');
  const user = first(layers, 'user');
  const password = first(layers, 'password');
  if (driver === undefined || driver === 'none') {
    throw new BmcUnknown(
      host.serial,
      'no driver is configured for it',
      'set power.driver to ipmi or redfish',
    );
  }
  if (user === undefined) throw new BmcUnknown(host.serial, 'no user is configured', 'set power.user');
  if (password === undefined) {
    throw new BmcUnknown(host.serial, 'no password is configured', 'set power.password to where it stands');
  }
  const common = {
    address: addressOf(host, ofHost?.address, { ...networks, allowed: power.networks }),
    user,
    password: () => readSecret(password),
    ...(host.platform && { seenUefi: host.platform === 'uefi' }),
    timeoutSeconds: first(layers, 'timeoutSeconds') ?? powerDefaults.timeoutSeconds,
  };
  return driver === 'ipmi'
    ? { driver, ...common, ...ipmiOf(layers.map((layer) => layer?.ipmi)) }
    : { driver, ...common, ...redfishOf(layers.map((layer) => layer?.redfish)) };
}

function ipmiOf(
  layers: readonly PowerConfig['ipmi'][],
): Pick<IpmiTarget, 'port' | 'cipherSuites' | 'privilege' | 'retrySeconds' | 'packetTries'> {
  const { port, cipherSuites, privilege, retrySeconds, packetTries } = powerDefaults.ipmi;
  const cipherSuite = first(layers, 'cipherSuite');
  return {
    port: first(layers, 'port') ?? port,
    cipherSuites: cipherSuite === undefined ? cipherSuites : [cipherSuite],
    privilege: first(layers, 'privilege') ?? privilege,
    retrySeconds: first(layers, 'retrySeconds') ?? retrySeconds,
    packetTries: first(layers, 'packetTries') ?? packetTries,
  };
}

function redfishOf(
  layers: readonly PowerConfig['redfish'][],
): Pick<RedfishTarget, 'answerSeconds' | 'port' | 'scheme' | 'authentication' | 'system' | 'tls'> {
  const defaults = powerDefaults.redfish;
  const scheme = first(layers, 'scheme') ?? defaults.scheme;
  const tls = layers.map((layer) => layer?.tls);
  return {
    scheme,
    port: first(layers, 'port') ?? defaults.port[scheme],
    authentication: first(layers, 'authentication') ?? defaults.authentication,
    answerSeconds: first(layers, 'answerSeconds') ?? defaults.answerSeconds,
    system: first(layers, 'system'),
    tls: {
      verify: first(tls, 'verify') ?? defaults.verify,
      fingerprint: first(tls, 'fingerprint'),
      caFile: first(tls, 'caFile'),
    },
  };
}

function addressOf(
  host: Pick<Host, 'serial' | 'ipmiAddress'>,
  configured: string | undefined,
  networks: BmcNetworks,
): BmcAddress {
  if (configured !== undefined) return parseBmcAddress(configured);
  if (host.ipmiAddress === undefined) {
    throw new BmcUnknown(
      host.serial,
      'its address is not known: it is learned when the machine installs itself',
      `run imagoctl set ${host.serial} ipmiaddr ADDRESS, or set power.hosts.${host.serial}.address`,
    );
  }
  const address = parseBmcAddress(host.ipmiAddress);
  assertAllowed(address, networks);
  return address;
}

/** The first value that any of the layers gives. */
function first<T extends object, K extends keyof T>(
  layers: readonly (T | undefined)[],
  key: K,
): T[K] | undefined {
  return layers.map((layer) => layer?.[key]).find((value) => value !== undefined);
}
