import { ImagoError, InvalidValue } from '../errors.js';
import { versionedSoftware, type NetworkDevice, type SoftwareVersions } from '../host/host.js';
import { completedHardware, type Disk, type Hardware } from '../host/hardware.js';
import { versionField } from '../host/host-json.js';
import { parseMac } from '../net/mac-address.js';
import { fitText } from '../provision/fit-text.js';
import { type HardwareReport, reportedBmcAddress } from '../provision/plan-installation.js';
import type { BootReport } from '../provision/plan-report.js';
import { BadRequest } from './http-errors.js';
import { jsonOf } from './parse-request.js';

/**
 * What machines say of themselves, field by field: what a field cannot be is left out and named, so that a machine whose BMC
 * talks nonsense is installed all the same. Only a body that is no report at all is refused.
 */
export interface Told<Report> {
  readonly report: Report;
  /** Each names field, value and what is expected. */
  readonly faults: readonly string[];
}

/** The log's word for it. */
export const LEFT_OUT = 'parts of what the machine reported were left out';

const MOST_NET_DEVS = 256;
const MOST_FAULTS = 8;
const LONGEST_VERSION = 128;
const LONGEST_NAME = 256;
const MOST_DISKS = 256;
const DISK_NAME = /^[A-Za-z0-9_.:!@-]{1,64}$/;
const NIC_NAME = /^[A-Za-z0-9_.:@-]{1,64}$/;
const NO_MAC = '00:00:00:00:00:00';

/**
 * The body of a final configuration's request.
 * @param own The addresses of this server, which are no machine's BMC.
 * @throws BadRequest
 */
export function parseHardwareReport(
  body: string,
  own: readonly string[],
): Told<HardwareReport> & { readonly serial: string } {
  const json = objectOf(body);
  const serial = json?.['Serial'] ?? '';
  if (!json || typeof serial !== 'string' || serial.length > 1024)
    throw new BadRequest('unable to parse json data of the machine: send {"Serial", "NetDevs", …}');
  const fields = new Fields(json);
  const hardware = hardwareIn(fields);
  const report = {
    netDevs: fields.take('NetDevs', netDevsOf(fields)) ?? [],
    ipmiAddress: fields.takeText('IPMIAddress', (text) => reportedBmcAddress(text, own)),
    connectedNic: fields.takeText('ConnectedNIC', nicOf),
    ...(hardware && { hardware }),
  };
  return { serial, report, faults: fields.faults };
}

/**
 * The body of `boot_complete`. A machine that reports no version at all leaves them as they were; one that reports some
 * reports all it has.
 * @throws BadRequest in the words of Mayu, which its clients show.
 */
export function parseBootReport(body: string): Told<BootReport> {
  const json = objectOf(body.trim() === '' ? '{}' : body);
  if (!json) throw new BadRequest('unable to parse json data in boot_complete request');
  const fields = new Fields(json);
  const versions: SoftwareVersions = Object.fromEntries(
    versionedSoftware.flatMap((software) => {
      const version = fields.takeText(versionField[software], versionOf);
      return version ? [[software, version]] : [];
    }),
  );
  const report = {
    osVersion: fields.takeText('CoreOSVersion', versionOf),
    versions: Object.keys(versions).length > 0 ? versions : undefined,
  };
  return { report, faults: fields.faults };
}

class Fields {
  readonly #faults: string[] = [];
  #leftOut = 0;

  constructor(private readonly json: Readonly<Record<string, unknown>>) {}

  get faults(): readonly string[] {
    return this.#leftOut === 0 ? this.#faults : [...this.#faults, `… and ${this.#leftOut} more`];
  }

  /** What `read` makes of the field; undefined where it is not there (Go takes null for a zero value) or cannot be that. */
  take<T>(field: string, read: (value: unknown) => T): T | undefined {
    const value = this.json[field];
    if (value === undefined || value === null) return undefined;
    return this.attempt(field, () => read(value));
  }

  /** Empty texts count as absent. */
  takeText(field: string, read: (text: string) => string | undefined): string | undefined {
    return this.take(field, (value) => {
      if (typeof value !== 'string') throw new InvalidValue('text', value, 'send it in quotes');
      return value.trim() === '' ? undefined : read(value.trim()) || undefined;
    });
  }

  attempt<T>(field: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      if (this.#faults.length < MOST_FAULTS) this.#faults.push(`${field}: ${error.message}`);
      else this.#leftOut += 1;
      return undefined;
    }
  }
}

function netDevsOf(fields: Fields): (value: unknown) => readonly NetworkDevice[] {
  return (value) => {
    if (!Array.isArray(value))
      throw new InvalidValue('a list of interfaces', value, 'send [{"Name", "MacAddress"}]');
    const all: readonly unknown[] = value;
    if (all.length > MOST_NET_DEVS) {
      fields.attempt('NetDevs', () => {
        throw new InvalidValue(
          'a list of interfaces',
          `${all.length} of them`,
          `the first ${MOST_NET_DEVS} are taken`,
        );
      });
    }
    return all
      .slice(0, MOST_NET_DEVS)
      .flatMap((entry, index) => fields.attempt(`NetDevs[${index}]`, () => netDevOf(entry)) ?? []);
  };
}

/** Undefined where nothing of it is told, as Mayu’s clients do. */
function hardwareIn(fields: Fields): Hardware | undefined {
  const hardware = completedHardware(undefined, {
    manufacturer: fields.takeText('Manufacturer', (text) => fitText('a manufacturer', text, LONGEST_NAME)),
    product: fields.takeText('Product', (text) => fitText('a product', text, LONGEST_NAME)),
    memoryBytes: fields.take('MemoryBytes', bytesOf),
    disks: fields.take('Disks', disksOf(fields)),
  });
  return hardware;
}

function disksOf(fields: Fields): (value: unknown) => readonly Disk[] {
  return (value) => {
    if (!Array.isArray(value)) throw new InvalidValue('a list of disks', value, 'send [{"Name", "Bytes"}]');
    const all: readonly unknown[] = value;
    if (all.length > MOST_DISKS)
      throw new InvalidValue('a list of disks', `${all.length} of them`, `send ${MOST_DISKS} at most`);
    return all.flatMap((entry, index) => fields.attempt(`Disks[${index}]`, () => diskOf(entry)) ?? []);
  };
}

/** @throws InvalidValue */
function diskOf(entry: unknown): Disk {
  if (!isObject(entry)) throw new InvalidValue('a disk', entry, 'send {"Name", "Bytes"}');
  const { Name: name, Bytes: bytes } = entry;
  if (typeof name !== 'string' || !DISK_NAME.test(name))
    throw new InvalidValue('the name of a disk', name, 'send it as in nvme0n1');
  return { name, bytes: bytesOf(bytes) };
}

/** Zero is what is said where nobody knows. @throws InvalidValue */
function bytesOf(value: unknown): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidValue('a size in bytes', value, 'send a whole number, as in 480103981056');
}

/** Interfaces without a MAC address of their own are none of ours. @throws InvalidValue */
function netDevOf(entry: unknown): NetworkDevice[] {
  if (!isObject(entry)) throw new InvalidValue('an interface', entry, 'send {"Name", "MacAddress"}');
  const { Name: name, MacAddress: address } = entry;
  if (address === undefined || address === null || address === '') return [];
  if (typeof address !== 'string') throw new InvalidValue('a MAC address', address, 'send it in quotes');
  const mac = parseMac(address);
  return mac === NO_MAC ? [] : [{ name: typeof name === 'string' ? fitText('a name', name, 64) : '', mac }];
}

/** @throws InvalidValue */
function nicOf(text: string): string {
  if (NIC_NAME.test(text)) return text;
  throw new InvalidValue('the name of a network interface', text, 'send it as in eth0');
}

/** @throws InvalidValue */
function versionOf(text: string): string {
  return fitText('a version', text, LONGEST_VERSION);
}

function objectOf(body: string): Readonly<Record<string, unknown>> | undefined {
  const json = jsonOf(body);
  return isObject(json) ? json : undefined;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
