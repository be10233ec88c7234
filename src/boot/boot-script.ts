import type { Host } from '../host/host.js';
import { isInUse, mayBeProvisioned } from '../host/lifecycle.js';
import type { ProfileMode } from '../host/profile-mode.js';

export type LocalBootMethod = 'sanboot' | 'exit';

export type BootDecision =
  | { readonly kind: 'install' }
  /** Its system, from the network: it has none on a disk. */
  | { readonly kind: 'diskless' }
  | { readonly kind: 'local-disk'; readonly method: LocalBootMethod }
  | { readonly kind: 'wait'; readonly reason: string };

export interface BootQuestion {
  readonly host: Pick<Host, 'state' | 'profile' | 'diskless'>;
  /** The host's profile; undefined when the configuration has none of that name. */
  readonly profile:
    | {
        readonly mode: ProfileMode;
        readonly boot: { readonly localBoot: LocalBootMethod | 'auto' };
      }
    | undefined;
  /** iPXE's `${platform}`: `pcbios` or `efi`. */
  readonly platform?: string | undefined;
  /** What stands in the way of an installation, in a sentence for the machine's console. */
  readonly obstacle?: string | undefined;
}

/** Whether the machine goes on to its disk, whatever stands in the way of an installation. */
export function bootsFromDisk(host: BootQuestion['host']): boolean {
  return isInUse(host.state) && !runsDiskless(host);
}

function runsDiskless({ state, diskless }: BootQuestion['host']): boolean {
  return state === 'running' && diskless === true;
}

/**
 * What a machine that asks for its boot script is told to do. How it runs is what it was provisioned as: another profile takes
 * effect when it is set configured, and until then no disk that holds a system is passed over, and none is written to.
 */
export function bootScriptFor({ host, profile, platform, obstacle }: BootQuestion): BootDecision {
  if (bootsFromDisk(host)) {
    return { kind: 'local-disk', method: localBootMethod(profile?.boot.localBoot ?? 'auto', platform) };
  }
  if (obstacle !== undefined) return { kind: 'wait', reason: obstacle };
  if (!mayBeProvisioned(host.state) && !runsDiskless(host)) {
    return { kind: 'wait', reason: `this machine is ${host.state}: it has no profile and address yet` };
  }
  if (!profile) {
    return {
      kind: 'wait',
      reason: `profile ${host.profile ?? 'none'} of this machine is not in the configuration: add it, or give the machine another`,
    };
  }
  if (profile.mode === 'diskless') return { kind: 'diskless' };
  if (runsDiskless(host)) {
    return {
      kind: 'wait',
      reason: `this machine ran diskless, and its profile ${host.profile ?? 'none'} would install it: set it configured for that, or give it a diskless profile`,
    };
  }
  return { kind: 'install' };
}

/**
 * UEFI's own boot order knows the disk, while `sanboot` fails on several UEFI machines; a BIOS has often no way on after `exit`.
 */
function localBootMethod(wanted: LocalBootMethod | 'auto', platform: string | undefined): LocalBootMethod {
  if (wanted !== 'auto') return wanted;
  return platform === 'efi' ? 'exit' : 'sanboot';
}
