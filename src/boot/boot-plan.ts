import type { Host } from '../host/host.js';
import { isInUse, mayBeProvisioned } from '../host/lifecycle.js';
import type { ProfileMode } from '../host/profile-mode.js';
import { formatIpv4 } from '../net/ipv4.js';
import { urlPath } from '../net/url-path.js';

/** What a machine boots, whatever language it is told in. */
export type BootPlan = KernelPlan | ScriptPlan | OwnDiskPlan | NetworkDiskPlan | WaitPlan;

interface Explained {
  /** Why the machine gets this plan, in a sentence for operators. */
  readonly reason: string;
  /** Lines for the person at the machine's console; each begins with a word that no loader takes for an option. */
  readonly message: readonly string[];
}

/** Where a machine asks anew when what it was told does not work. */
interface Retried {
  /** The URL of a script for iPXE. */
  readonly retry: string;
}

export interface KernelPlan extends Explained, Retried {
  readonly kind: 'kernel';
  /** What boots is an installer, or the machine's system itself; `other`: another source than hosts decided, and knows. */
  readonly purpose: 'install' | 'diskless' | 'other';
  /** What is booted, in a word: a version. */
  readonly label: string;
  readonly kernel: string;
  /** In the order in which the kernel unpacks them. */
  readonly initrds: readonly InitialRamdisk[];
  readonly arguments: readonly KernelArgument[];
}

export interface InitialRamdisk {
  /** By which a kernel that was started as an EFI program asks its loader for it. */
  readonly name: string;
  readonly url: string;
}

/** One word of the kernel's command line. */
export interface KernelArgument {
  readonly text: string;
  /**
   * `imago`: meant literally. `system`: what the system that boots wants; a template for another system has its own in their place.
   * `operator`: the profile's. In the latter two iPXE replaces its settings, `${mac}`.
   */
  readonly from: 'imago' | 'system' | 'operator';
}

/** A whole script for iPXE, as somebody wrote it. */
export interface ScriptPlan {
  readonly kind: 'script';
  readonly reason: string;
  readonly text: string;
}

export type LocalBootMethod = 'sanboot' | 'exit';

export interface OwnDiskPlan extends Explained {
  readonly kind: 'own-disk';
  readonly method: LocalBootMethod;
}

export interface NetworkDiskPlan extends Explained, Retried {
  readonly kind: 'network-disk';
  /** As iPXE's `sanboot` takes it: `iscsi:10.0.0.1::::iqn.2026-01.test:a`. */
  readonly uri: string;
}

/** There is nothing for the machine yet: it asks again. */
export interface WaitPlan extends Explained, Retried {
  readonly kind: 'wait';
}

/** URLs of one machine. */
interface BootUrls {
  readonly base: string;
  readonly bootIpxe: string;
  readonly firstStage: string;
  readonly ignition: string;
  readonly installerIgnition: string;
  readonly images: string;
}

interface BootProfile {
  readonly name: string;
  readonly mode: ProfileMode;
  readonly osVersion: string;
  readonly boot: {
    readonly localBoot: LocalBootMethod | 'auto';
    readonly kernel: string;
    readonly initrd: readonly string[];
    readonly kernelArguments: readonly string[];
  };
}

export interface BootQuestion {
  readonly host: Host;
  /** The host's profile; undefined when the configuration has none of that name. */
  readonly profile: BootProfile | undefined;
  readonly urls: BootUrls;
  /** iPXE's `${platform}`: `pcbios` or `efi`. */
  readonly platform?: string | undefined;
  /** What stands in the way of an installation, in a sentence for the machine's console. */
  readonly obstacle?: string | undefined;
  /** An operator wants no such machine. */
  readonly isRejected?: boolean | undefined;
}

/**
 * What a machine that asks for its boot script is told to do. How it runs is what it was provisioned as: another profile takes
 * effect when it is set configured, and until then no disk that holds a system is passed over, and none is written to.
 */
export function planBoot(question: BootQuestion): KernelPlan | OwnDiskPlan | WaitPlan {
  const { host, profile, obstacle } = question;
  if (bootsFromDisk(host)) return ownDisk(question);
  if (obstacle !== undefined) return wait(question, obstacle);
  if (!mayBeProvisioned(host.state) && !runsDiskless(host)) {
    return wait(question, `this machine is ${host.state}: it has no profile and address yet`);
  }
  if (!profile) {
    return wait(
      question,
      `profile ${host.profile ?? 'none'} of this machine is not in the configuration: add it, or give the machine another`,
    );
  }
  if (profile.mode !== 'diskless' && runsDiskless(host)) {
    return wait(
      question,
      `this machine ran diskless, and its profile ${host.profile ?? 'none'} would install it: set it configured for that, or give it a diskless profile`,
    );
  }
  return profileKernel(profile, question);
}

/** Whether the machine goes on to its disk, whatever stands in the way of an installation. */
export function bootsFromDisk(host: Pick<Host, 'state' | 'diskless'>): boolean {
  return isInUse(host.state) && !runsDiskless(host);
}

function runsDiskless({ state, diskless }: Pick<Host, 'state' | 'diskless'>): boolean {
  return state === 'running' && diskless === true;
}

/** For whoever asks, as Mayu's clients do: the installer of a profile, whose first stage finds out which machine it is. */
export function planInstaller(profile: BootProfile, urls: BootUrls): KernelPlan {
  return {
    ...kernelOf(profile, urls, []),
    purpose: 'install',
    reason: 'whoever asks for it is installed',
    message: [`imago: installing ${profile.osVersion}`],
    retry: `${urls.base}/ipxebootscript`,
  };
}

function profileKernel(profile: BootProfile, { host, urls }: BootQuestion): KernelPlan {
  const isDiskless = profile.mode === 'diskless';
  const what = `${isDiskless ? 'booting' : 'installing'} ${profile.osVersion}`;
  const config = {
    'two-stage': undefined,
    'direct-ignition': urls.installerIgnition,
    diskless: urls.ignition,
  };
  return {
    ...kernelOf(profile, urls, flatcarArguments(config[profile.mode])),
    purpose: isDiskless ? 'diskless' : 'install',
    reason: runsDiskless(host)
      ? 'it runs diskless: each boot is from the network'
      : `it is ${host.state}: it holds no system yet that may not be replaced`,
    message: [
      `imago: ${host.serial} is ${host.state}, profile ${profile.name}: ${what}`,
      `imago: its address will be ${host.internalAddress === undefined ? 'unknown' : formatIpv4(host.internalAddress)}`,
    ],
    retry: urls.bootIpxe,
  };
}

/** What Ignition of Flatcar wants of a live system that it is to configure. */
function flatcarArguments(config: string | undefined): readonly string[] {
  return config === undefined ? [] : ['flatcar.first_boot=1', `ignition.config.url=${config}`];
}

function kernelOf(
  { boot, osVersion }: BootProfile,
  urls: BootUrls,
  system: readonly string[],
): Pick<KernelPlan, 'kind' | 'label' | 'kernel' | 'initrds' | 'arguments'> {
  const own = [`mayu=${urls.base}`, `next-script=${urls.firstStage}`];
  return {
    kind: 'kernel',
    label: osVersion,
    kernel: `${urls.images}/${urlPath(boot.kernel)}`,
    initrds: boot.initrd.map((file, index) => ({
      name: `initrd${index}.img`,
      url: `${urls.images}/${urlPath(file)}`,
    })),
    arguments: [
      ...argumentsFrom('imago', own),
      ...argumentsFrom('system', system),
      ...argumentsFrom('operator', boot.kernelArguments),
    ],
  };
}

/** The plan with these arguments in place of those of its system. */
export function withSystemArguments(plan: KernelPlan, texts: readonly string[]): KernelPlan {
  const before = plan.arguments.filter(({ from }) => from === 'imago');
  const after = plan.arguments.filter(({ from }) => from === 'operator');
  return { ...plan, arguments: [...before, ...argumentsFrom('system', texts), ...after] };
}

function argumentsFrom(from: KernelArgument['from'], texts: readonly string[]): KernelArgument[] {
  return texts.map((text) => ({ text, from }));
}

function ownDisk({ host, profile, platform }: BootQuestion): OwnDiskPlan {
  const method = localBootMethod(profile?.boot.localBoot ?? 'auto', platform);
  const { serial, state } = host;
  return {
    kind: 'own-disk',
    method,
    reason: `it is ${state}: it is only installed again after imagoctl set ${serial} state configured`,
    message: [
      `imago: ${serial} is ${state}, profile ${host.profile ?? 'none'}: booting its own disk (${method})`,
    ],
  };
}

/**
 * UEFI's own boot order knows the disk, while `sanboot` fails on several UEFI machines; a BIOS has often no way on after `exit`.
 */
function localBootMethod(wanted: LocalBootMethod | 'auto', platform: string | undefined): LocalBootMethod {
  if (wanted !== 'auto') return wanted;
  return platform === 'efi' ? 'exit' : 'sanboot';
}

function wait({ host, urls, isRejected }: BootQuestion, reason: string): WaitPlan {
  return {
    kind: 'wait',
    reason,
    message: [
      `imago: ${host.serial} is ${isRejected ? 'rejected' : host.state} and has to wait`,
      `imago: ${reason}`,
    ],
    retry: urls.bootIpxe,
  };
}
