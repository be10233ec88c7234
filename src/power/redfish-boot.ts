import { cleanText } from '../errors.js';
import { BmcFault, BmcUnsupported } from './errors.js';
import type { BootDevice, BootDeviceOptions } from './power-port.js';
import type { RedfishAnswer } from './redfish-connection.js';
import { bootOverride, bootTargetOf, keeps, modeFor, type BootOverride } from './redfish-plans.js';
import { BootSettings, type Boot, type ComputerSystem } from './redfish-schema.js';
import { followTask, type Talk } from './redfish-task.js';

/** Where the boot device is written, and what stands there. */
interface BootPlace {
  readonly path: string;
  readonly boot: Boot;
  readonly etag: string | undefined;
}

export interface FoundSystem {
  readonly path: string;
  readonly system: ComputerSystem;
  readonly etag: string | undefined;
}

const MOST_LOOKS = 3;
const PAUSE_MS = 1000;

/** Sets what the machine boots from, and sees that the BMC keeps it. @throws BmcUnsupported, BmcFault */
export async function setRedfishBoot(
  talk: Talk,
  found: FoundSystem,
  device: BootDevice,
  options: BootDeviceOptions,
  seenUefi: boolean | undefined,
): Promise<void> {
  const place = await placeOfBoot(talk, found);
  const targets = place?.boot['BootSourceOverrideTarget@Redfish.AllowableValues'];
  if (!place || (targets && !targets.includes(bootTargetOf(device)))) {
    throw unsupported(talk, `boot from ${device}`, targets);
  }
  const planned = modeFor(place.boot, options.uefi, seenUefi);
  if (!planned) {
    const modes = place.boot['BootSourceOverrideMode@Redfish.AllowableValues'];
    throw unsupported(talk, `boot ${options.uefi === true ? 'with UEFI' : 'with legacy BIOS'}`, modes);
  }
  const { mode } = planned;
  let wanted = bootOverride(device, options, mode);
  let answer = await patch(talk, place, wanted);
  // Some can be told the mode with the rest only, some not at all: that one is as it was seen or reported does not need saying.
  if (answer.status === 400 && mode !== undefined && options.uefi === undefined) {
    wanted = bootOverride(device, options, undefined);
    answer = await patch(talk, place, wanted);
  }
  if (answer.status >= 300) throw talk.connection.refusal({ method: 'PATCH', path: place.path }, answer);
  const isDone = answer.status !== 202 || (await followTask(talk, answer));
  await assertKept(talk, [place.path, found.path], wanted, isDone);
}

/** The system itself, or the settings that it takes at its next reset where the boot device stands there (DSP0266 §9.10). */
async function placeOfBoot(talk: Talk, { path, system, etag }: FoundSystem): Promise<BootPlace | undefined> {
  const settings = system['@Redfish.Settings']?.SettingsObject?.['@odata.id'];
  if (settings !== undefined) {
    const answer = await talk.connection.ask({ method: 'GET', path: settings, headers: talk.headers });
    const { Boot: boot, '@odata.etag': tag } = BootSettings.safeParse(answer.body).data ?? {};
    if (answer.status === 200 && boot) {
      // What only the system lists holds for its settings too.
      return {
        path: settings,
        boot: { ...system.Boot, ...present(boot) },
        etag: etagOf(answer) ?? tag ?? undefined,
      };
    }
  }
  return system.Boot
    ? { path, boot: system.Boot, etag: etag ?? system['@odata.etag'] ?? undefined }
    : undefined;
}

/**
 * DSP0266 §6.5: a BMC that sends ETags may demand them back. Some send empty ones, some refuse their own: on 412 with what it says
 * now, then with none, and where it demands one (428) with any.
 */
async function patch(talk: Talk, { path, etag }: BootPlace, body: BootOverride): Promise<RedfishAnswer> {
  const send = (tag: string | undefined) =>
    talk.connection.ask({
      method: 'PATCH',
      path,
      headers: { ...talk.headers, ...(tag !== undefined && { 'if-match': tag }) },
      body,
    });
  const first = usableTag(etag);
  let answer = await send(first);
  if (isAboutTag(answer)) {
    const again = await talk.connection.ask({ method: 'GET', path, headers: talk.headers });
    const now = usableTag(etagOf(again));
    if (now !== undefined && now !== first) answer = await send(now);
  }
  if (isAboutTag(answer) && first !== undefined) answer = await send(undefined);
  return isAboutTag(answer) ? send('*') : answer;
}

function isAboutTag({ status }: RedfishAnswer): boolean {
  return status === 412 || status === 428;
}

function usableTag(tag: string | undefined): string | undefined {
  return tag === undefined || /^(?:W\/)?"?"?$/.test(tag.trim()) ? undefined : tag;
}

function etagOf({ headers }: RedfishAnswer): string | undefined {
  const { etag } = headers;
  return typeof etag === 'string' ? etag : undefined;
}

/** Some answer with success and keep nothing; some need a moment. */
async function assertKept(
  talk: Talk,
  paths: readonly string[],
  wanted: BootOverride,
  isDone: boolean,
): Promise<void> {
  for (let looks = 1; ; looks += 1) {
    for (const path of new Set(paths)) {
      const answer = await talk.connection.ask({ method: 'GET', path, headers: talk.headers });
      const { Boot: boot } = BootSettings.safeParse(answer.body).data ?? {};
      if (answer.status === 200 && boot && keeps(boot, wanted)) return;
    }
    if (looks === MOST_LOOKS) break;
    await talk.pause(PAUSE_MS);
  }
  throw new BmcFault(
    talk.connection.name,
    isDone
      ? 'it took the boot device, and does not keep it'
      : 'it took the boot device, and its task has not ended',
    'see the log of the BMC, or whether its firmware can be renewed',
  );
}

function unsupported(
  { connection }: Talk,
  what: string,
  allowable: readonly string[] | null | undefined,
): BmcUnsupported {
  return new BmcUnsupported(
    connection.name,
    what,
    allowable ? `it can only ${listed(allowable)}` : 'it offers no way to',
  );
}

/** A few of what a BMC lists. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).map((name) => cleanText(name.slice(0, 64)));
  const rest = names.length - shown.length;
  return `${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

const MOST_LISTED = 32;

function present<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== null && value !== undefined),
  ) as Partial<T>;
}
