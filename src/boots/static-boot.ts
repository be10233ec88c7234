import { z } from 'zod';
import type { BootAsker } from '../boot/boot-source.js';
import type { Host } from '../host/host.js';
import { isInUse } from '../host/lifecycle.js';
import { tryParseMac, type MacAddress } from '../net/mac-address.js';

const Mac = z.string().transform((text, context): MacAddress => {
  const mac = tryParseMac(text);
  if (mac !== undefined) return mac;
  context.addIssue('is not a MAC address');
  return z.NEVER;
});

const BootFile = z.object({
  /** `kernel`, `initrd0`, … */
  name: z.string(),
  /** Its name where it comes from. */
  label: z.string(),
  /** Where machines get it through imago; undefined for a file that the operator brings. */
  url: z.string().optional(),
  /** Undefined until it is there; 0 of one that is elsewhere. */
  bytes: z.int().optional(),
});

/** What an operator has machines boot, without a profile. It is kept over a restart. */
export const StaticBoot = z.object({
  /** Its folder is named so. */
  id: z.string().regex(/^[0-9a-z]{1,32}$/),
  by: z.string(),
  ordered: z.iso.datetime(),
  /** It is over then. */
  until: z.iso.datetime(),
  /** Its life from when all its files are there. */
  seconds: z.number(),
  /** Each machine boots so once; else any number of times. */
  isOnce: z.boolean(),
  /** Which; any machine where it is empty. */
  macs: z.array(Mac),
  includeRunning: z.boolean(),
  files: z.array(BootFile).min(1),
  arguments: z.array(z.string()),
  message: z.string(),
  /** Who did, by the card that they asked with. */
  booted: z.array(Mac),
});
export type StaticBoot = z.output<typeof StaticBoot>;
export type BootFile = z.output<typeof BootFile>;

/** Whether all its files are there. */
export function isReady({ files }: Pick<StaticBoot, 'files'>): boolean {
  return files.every(({ bytes }) => bytes !== undefined);
}

/** How many machines boot so once, without being named, is bounded: each is remembered. */
export const MOST_MACHINES = 10_000;

/**
 * Which of the boots the machine is to have: one that names it comes before one for any, and a later order before an earlier one. A machine
 * that holds a system is only booted so when it is named, or the operator said so; a locked one never.
 * @param hosts That imago takes the machine for.
 */
export function bootOf(
  boots: readonly StaticBoot[],
  { mac }: Pick<BootAsker, 'mac'>,
  hosts: readonly Pick<Host, 'state' | 'lock'>[],
  now: Date,
): StaticBoot | undefined {
  if (mac === undefined || hosts.some(({ lock }) => lock !== undefined)) return undefined;
  const holdsSystem = hosts.some(({ state }) => isInUse(state));
  const names = ({ macs }: StaticBoot) => macs.includes(mac);
  const fits = boots.filter(
    (boot) =>
      isReady(boot) &&
      !isOver(boot, now) &&
      !(boot.isOnce && (boot.booted.includes(mac) || boot.booted.length >= MOST_MACHINES)) &&
      (names(boot) || (boot.macs.length === 0 && (!holdsSystem || boot.includeRunning))),
  );
  return fits.findLast(names) ?? fits.at(-1);
}

/** Whether nobody will boot so any more. */
export function isOver({ until, isOnce, macs, booted }: StaticBoot, now: Date): boolean {
  if (Date.parse(until) <= now.getTime()) return true;
  return isOnce && macs.length > 0 && macs.every((mac) => booted.includes(mac));
}

/** Why the machine boots so, in a sentence. */
export function ruleOf({ by, ordered, macs, isOnce, until }: StaticBoot): string {
  const whom = macs.length === 0 ? 'any machine' : 'this machine';
  return `${by} ordered it for ${whom} at ${ordered}, ${isOnce ? 'once' : 'each time'} until ${until}`;
}
