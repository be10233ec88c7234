import { ImagoError } from '../errors.js';
import type { ProfileMode } from '../host/profile-mode.js';

const wayOf: Readonly<Record<ProfileMode, string>> = {
  'two-stage': 'its first-stage script, which posts what the machine is to /final-ignition-config.json',
  'direct-ignition': '/ignition/{serial}/installer and /ignition/{serial}',
  diskless: '/ignition/{serial}, or a post to /final-ignition-config.json or /final-cloud-config.yaml',
};

/** A machine asks for what the mode of its profile has no use for: a first stage would write to the disk of a diskless one. */
export class WrongMode extends ImagoError {
  readonly code = 'WRONG_MODE';

  constructor(serial: string, profile: string, mode: ProfileMode) {
    super(`profile ${profile} of ${serial} is ${mode}: it gets its configuration by ${wayOf[mode]}`, {
      serial,
      profile,
      mode,
    });
  }
}
