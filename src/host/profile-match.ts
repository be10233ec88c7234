import { fitsPattern } from '../net/fits-pattern.js';
import type { MacAddress } from '../net/mac-address.js';
import type { Disk, Hardware } from './hardware.js';

/** Sizes in 10^9 bytes; without an end that side is open. */
export interface SizeRange {
  readonly minGigabytes?: number | undefined;
  readonly maxGigabytes?: number | undefined;
}

export interface DiskConditions {
  readonly minCount?: number | undefined;
  readonly maxCount?: number | undefined;
  readonly smallest?: SizeRange | undefined;
  readonly largest?: SizeRange | undefined;
}

/** Which new machines a profile is for: those of which all of it holds. */
export interface ProfileMatch {
  /** `*` stands for any text, `?` for one character. */
  readonly manufacturer?: string | undefined;
  readonly product?: string | undefined;
  /** How the address of the card that it boots by begins, one of them; as colons part it, in lower case. */
  readonly mac?: readonly string[] | undefined;
  readonly memory?: SizeRange | undefined;
  readonly disks?: DiskConditions | undefined;
}

/** As much of a machine as conditions are about. */
export interface MatchedMachine extends Hardware {
  /** The card that it boots by. */
  readonly mac?: MacAddress | undefined;
}

/** One condition of a profile, and what it comes to for a machine. */
export interface Condition {
  /** As in the configuration: `disks.largest`. */
  readonly field: string;
  readonly wanted: string;
  /** Undefined where the machine has not said it. */
  readonly found: string | undefined;
  readonly verdict: 'holds' | 'fails' | 'unknown';
}

const GIGABYTE = 1e9;

export function conditionsOf(match: ProfileMatch, machine: MatchedMachine): readonly Condition[] {
  const { manufacturer, product, mac, memory, disks = {} } = match;
  const found = machine.disks;
  const sizes = found?.map(({ bytes }) => bytes);
  return [
    ...patternCondition('manufacturer', manufacturer, machine.manufacturer),
    ...patternCondition('product', product, machine.product),
    ...(mac === undefined ? [] : [prefixCondition(mac, machine.mac)]),
    ...sizeCondition('memory', memory, machine.memoryBytes),
    ...countCondition(disks, found),
    ...sizeCondition('disks.smallest', disks.smallest, sizes && Math.min(...sizes)),
    ...sizeCondition('disks.largest', disks.largest, sizes && Math.max(...sizes)),
  ];
}

/** Whether all conditions hold; undefined where none fails, and some hang on what the machine has not said. */
export function fitsMatch(match: ProfileMatch | undefined, machine: MatchedMachine): boolean | undefined {
  if (!match) return true;
  const conditions = conditionsOf(match, machine);
  if (conditions.some(({ verdict }) => verdict === 'fails')) return false;
  return conditions.some(({ verdict }) => verdict === 'unknown') ? undefined : true;
}

function patternCondition(
  field: string,
  pattern: string | undefined,
  found: string | undefined,
): readonly Condition[] {
  if (pattern === undefined) return [];
  return [condition(field, pattern, found, found !== undefined && fitsPattern(found, pattern))];
}

function prefixCondition(prefixes: readonly string[], mac: MacAddress | undefined): Condition {
  const fits = mac !== undefined && prefixes.some((prefix) => mac.startsWith(prefix));
  return condition('mac', prefixes.map((prefix) => `${prefix}…`).join(' or '), mac, fits);
}

/** @param bytes Infinite where there is nothing to be measured: no disk is neither small nor large enough. */
function sizeCondition(
  field: string,
  range: SizeRange | undefined,
  bytes: number | undefined,
): readonly Condition[] {
  if (!range) return [];
  const { minGigabytes = 0, maxGigabytes = Infinity } = range;
  const isThere = bytes !== undefined && Number.isFinite(bytes);
  const fits = isThere && bytes >= minGigabytes * GIGABYTE && bytes <= maxGigabytes * GIGABYTE;
  const found = bytes === undefined ? undefined : isThere ? showBytes(bytes) : 'no disk';
  return [condition(field, wantedOf(range.minGigabytes, range.maxGigabytes, 'GB'), found, fits)];
}

function countCondition(
  { minCount, maxCount }: DiskConditions,
  disks: readonly Disk[] | undefined,
): readonly Condition[] {
  if (minCount === undefined && maxCount === undefined) return [];
  const count = disks?.length;
  const fits = count !== undefined && count >= (minCount ?? 0) && count <= (maxCount ?? Infinity);
  return [condition('disks', wantedOf(minCount, maxCount), count?.toString(), fits)];
}

function condition(field: string, wanted: string, found: string | undefined, fits: boolean): Condition {
  return { field, wanted, found, verdict: found === undefined ? 'unknown' : fits ? 'holds' : 'fails' };
}

function wantedOf(min: number | undefined, max: number | undefined, unit = ''): string {
  const show = (value: number) => `${value}${unit && ` ${unit}`}`;
  if (max === undefined) return `${show(min ?? 0)} or more`;
  if (min === max) return show(max);
  return min === undefined ? `${show(max)} or less` : `${show(min)} to ${show(max)}`;
}

/** As in 480.1 GB, of 10^9 bytes. */
export function showBytes(bytes: number): string {
  return `${Math.round((bytes / GIGABYTE) * 10) / 10} GB`;
}

/**
 * Whether every machine that the narrow one is for is one that the wide one is for. False where that cannot be told: patterns with a
 * `?` are compared as texts.
 */
export function covers(wide: ProfileMatch | undefined, narrow: ProfileMatch | undefined): boolean {
  if (!wide) return true;
  const disks = narrow?.disks ?? {};
  return (
    coversPattern(wide.manufacturer, narrow?.manufacturer) &&
    coversPattern(wide.product, narrow?.product) &&
    (wide.mac === undefined ||
      (narrow?.mac?.every((each) => wide.mac?.some((prefix) => each.startsWith(prefix))) ?? false)) &&
    coversSize(wide.memory, narrow?.memory) &&
    coversRange(wide.disks?.minCount, wide.disks?.maxCount, disks.minCount, disks.maxCount) &&
    coversSize(wide.disks?.smallest, disks.smallest) &&
    coversSize(wide.disks?.largest, disks.largest)
  );
}

function coversPattern(wide: string | undefined, narrow: string | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  return wide.includes('?') ? wide.toLowerCase() === narrow.toLowerCase() : fitsPattern(narrow, wide);
}

function coversSize(wide: SizeRange | undefined, narrow: SizeRange | undefined): boolean {
  if (!wide) return true;
  if (!narrow) return false;
  return coversRange(wide.minGigabytes, wide.maxGigabytes, narrow.minGigabytes, narrow.maxGigabytes);
}

function coversRange(min = 0, max = Infinity, innerMin = 0, innerMax = Infinity): boolean {
  return min <= innerMin && max >= innerMax;
}
