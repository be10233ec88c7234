import { ImagoError, showValue } from '../errors.js';

/** Nobody answers where the BMC should be. Trying again may help. */
export class BmcUnreachable extends ImagoError {
  readonly code = 'BMC_UNREACHABLE';

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(
      `the BMC ${address} cannot be reached (${reason}): check its address, its cable and that this server may reach its network`,
      { address, reason },
      options,
    );
  }
}

export class BmcRefusedCredentials extends ImagoError {
  readonly code = 'BMC_CREDENTIALS';

  constructor(address: string, user: string, reason: string) {
    super(
      `the BMC ${address} refuses the user ${showValue(user)} (${reason}): check power.user, its password and its privilege level`,
      { address, user, reason },
    );
  }
}

export class BmcUnsupported extends ImagoError {
  readonly code = 'BMC_UNSUPPORTED';

  constructor(address: string, what: string, remedy: string) {
    super(`the BMC ${address} cannot ${what}: ${remedy}`, { address, what });
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

/** The BMC answers, but not with what was asked for. */
export class BmcFault extends ImagoError {
  readonly code = 'BMC_FAULT';

  constructor(address: string, reason: string, options?: ErrorOptions) {
    super(
      `the BMC ${address} failed: ${reason}; try again, and if it stays so restart the BMC`,
      { address, reason },
      options,
    );
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
