import { ImagoError, showValue } from '../errors.js';

/** Nobody answers where the BMC should be. Trying again may help. */
export class BmcUnreachable extends ImagoError {
  readonly code = 'BMC_UNREACHABLE';

  constructor(
    address: string,
    reason: string,
    remedy = 'check its address, its cable and that this server may reach its network',
    options?: ErrorOptions,
  ) {
    super(`the BMC ${address} cannot be reached (${reason}): ${remedy}`, { address, reason }, options);
  }
}

export class BmcRefusedCredentials extends ImagoError {
  readonly code = 'BMC_CREDENTIALS';

  constructor(
    address: string,
    user: string,
    reason: string,
    remedy = 'check power.user, its password and its privilege level',
  ) {
    super(`the BMC ${address} refuses the user ${showValue(user)} (${reason}): ${remedy}`, {
      address,
      user,
      reason,
    });
  }
}

export class BmcUnsupported extends ImagoError {
  readonly code: string = 'BMC_UNSUPPORTED';

  constructor(address: string, what: string, remedy: string) {
    super(`the BMC ${address} cannot ${what}: ${remedy}`, { address, what });
  }
}

/** The BMC does not know a cipher suite of IPMI, or agrees to a weaker one only. */
export class BmcCipherRefused extends BmcUnsupported {
  constructor(address: string, suites: readonly number[]) {
    super(
      address,
      `use cipher suite ${suites.join(' or ')}`,
      'set power.ipmi.cipherSuite to one it has, as in 17 or 3',
    );
  }
}

/** Somebody answers who does not prove to be the BMC. */
export class BmcUntrusted extends ImagoError {
  readonly code = 'BMC_UNTRUSTED';

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(
      `the certificate of the BMC ${address} is not trusted (${reason}): give its SHA-256 fingerprint in power.redfish.tls.fingerprint, or the authority that signed it in power.redfish.tls.caFile`,
      { address, reason },
      options,
    );
  }
}

/** What to do about answers that no BMC gives. */
export const NO_BMC = 'see whether it is a BMC that has this address';

/** The BMC answers, but not with what was asked for. */
export class BmcFault extends ImagoError {
  readonly code = 'BMC_FAULT';

  constructor(
    address: string,
    reason: string,
    remedy = 'try again, and if it stays so restart the BMC',
    options?: ErrorOptions,
  ) {
    super(`the BMC ${address} failed: ${reason}; ${remedy}`, { address, reason }, options);
  }
}

/** A tool of this server that power control needs is missing or cannot be started. */
export class PowerToolMissing extends ImagoError {
  readonly code = 'POWER_TOOL_MISSING';

  constructor(tool: string, reason: string) {
    super(`${tool} cannot be started (${reason}): install the package ${tool} on this server`, {
      tool,
      reason,
    });
  }
}
