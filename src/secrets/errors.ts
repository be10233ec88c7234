import { ImagoError } from '../errors.js';
import type { Serial } from '../host/serial.js';

/** Nothing shows that the asker is the machine. */
export class SecretsUnproven extends ImagoError {
  readonly code = 'SECRETS_UNPROVEN';

  constructor(serial: Serial) {
    super(
      `${serial} gets no secrets (SECRETS_UNPROVEN): nothing proves that it is this machine that asks; let it boot from the network by imago's own boot script, and see docs/secrets.md for machines.proof`,
      { serial },
    );
  }
}

/** It is not the time for them. */
export class SecretsClosed extends ImagoError {
  readonly code = 'SECRETS_CLOSED';

  constructor(serial: Serial, reason: string) {
    super(
      `${serial} gets no secrets (SECRETS_CLOSED): ${reason}; imagoctl set ${serial} state configured, and boot it again`,
      {
        serial,
        reason,
      },
    );
  }
}

/** This boot of the machine was given them already. Shipped scripts know it by its code, and boot again. */
export class SecretsServed extends ImagoError {
  readonly code = 'SECRETS_SERVED';

  constructor(
    readonly serial: Serial,
    readonly document: string,
    private readonly reason: string,
  ) {
    super(
      `${serial} gets no secrets again (SECRETS_SERVED): ${reason}; boot the machine again, or imagoctl set ${serial} state configured`,
      { serial, document, reason },
    );
  }

  /** For operators: the code stands beside it, and it outlasts the boot that is served next, as that is no proof of who was served before. */
  get alarm(): Pick<ImagoError, 'code' | 'message'> {
    const { code, serial, reason } = this;
    const remedy = `if it was not that machine that asked, see who has its address; shown for a day, also when its next boot was served, or until imagoctl set ${serial} state configured`;
    return { code, message: `${serial} was refused its secrets: ${reason}; ${remedy}` };
  }
}

/** What cannot be kept in mind is not given out: it could be given out twice. */
export class SecretsNotRecorded extends ImagoError {
  readonly code = 'SECRETS_NOT_RECORDED';

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(
      `no secrets are given out: that they were cannot be written to ${path} (${reason}); make room or put the disk right`,
      { path, reason },
      options,
    );
  }
}

/** The key that an answer is to be sealed to is missing, or is none. */
export class RecipientUnfit extends ImagoError {
  readonly code = 'RECIPIENT_UNFIT';

  constructor(reason: string) {
    super(
      `${reason}: the installer makes a key with age-keygen and sends its recipient, age1…, in the header X-Imago-Recipient`,
      { reason },
    );
  }
}
