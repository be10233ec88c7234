import type { ApiHost } from './schemas.js';
import { stateNames } from './state-names.js';

const optionalTexts = [
  'address',
  'profile',
  'bootMac',
  'uuid',
  'ipmiAddress',
  'providerId',
  'etcdClusterToken',
  'osVersion',
  'connectedNic',
  'hostname',
  'machineId',
] as const satisfies readonly (keyof ApiHost)[];
const optionalNumbers = ['cabinet', 'machineOnCabinet'] as const satisfies readonly (keyof ApiHost)[];

/** Rarely there, and then for the schema to judge. */
const forTheSchema = ['stuck', 'lock'];

const INSTANT = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?Z$/;

/**
 * The quick way through an answer: what passes here passes the schema too; what does not is for the schema to judge.
 * Loading and running the schemas takes a program that lists a large fleet longer than the daemon needs to answer.
 */
export function plainHosts(answer: unknown): ApiHost[] | undefined {
  if (!isRecord(answer)) return undefined;
  const hosts = answer['hosts'];
  return Array.isArray(hosts) && hosts.every(isPlainHost) ? hosts : undefined;
}

export function isPlainHost(value: unknown): value is ApiHost {
  if (!isRecord(value)) return false;
  const { serial, state, macAddresses, metadata, overrides, versions, lastBoot, progress } = value;
  const { extraAddresses, diskless, platform, cards, isProfileTentative, hardware } = value;
  return (
    typeof serial === 'string' &&
    stateNames.some((name) => name === state) &&
    isTexts(macAddresses) &&
    (cards === undefined || isTexts(cards)) &&
    isTexts(metadata) &&
    isTable(overrides) &&
    isTable(versions) &&
    (extraAddresses === undefined || isTable(extraAddresses)) &&
    (diskless === undefined || typeof diskless === 'boolean') &&
    (isProfileTentative === undefined || typeof isProfileTentative === 'boolean') &&
    (hardware === undefined || isHardware(hardware)) &&
    (platform === undefined || platform === 'bios' || platform === 'uefi') &&
    (lastBoot === undefined || isInstant(lastBoot)) &&
    (progress === undefined || isProgress(progress)) &&
    forTheSchema.every((field) => value[field] === undefined) &&
    optionalTexts.every((field) => value[field] === undefined || typeof value[field] === 'string') &&
    optionalNumbers.every((field) => value[field] === undefined || Number.isSafeInteger(value[field]))
  );
}

function isHardware(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { manufacturer, product, memoryBytes, disks = [] } = value;
  return (
    [manufacturer, product].every((text) => text === undefined || typeof text === 'string') &&
    (memoryBytes === undefined || Number.isFinite(memoryBytes)) &&
    Array.isArray(disks) &&
    disks.every(
      (disk) => isRecord(disk) && typeof disk['name'] === 'string' && Number.isFinite(disk['bytes']),
    )
  );
}

function isProgress(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { phase, message, time } = value;
  return typeof phase === 'string' && typeof message === 'string' && isInstant(time);
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function isTable(value: unknown): boolean {
  return isRecord(value) && isTexts(Object.values(value));
}

/** Days that only some months have are left to the schema. */
function isInstant(value: unknown): boolean {
  return typeof value === 'string' && INSTANT.test(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
