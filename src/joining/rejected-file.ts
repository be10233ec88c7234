import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { errorCode, fileReason } from '../errors.js';
import { replaceFile } from '../files/durable-file.js';
import { readIfPresent } from '../files/if-present.js';
import { StoreUnavailable } from '../host/errors.js';
import { parseSerial, type Serial } from '../host/serial.js';
import { jsonIn } from '../json.js';
import { tryParseIpv4, formatIpv4 } from '../net/ipv4.js';
import { tryParseMac } from '../net/mac-address.js';
import type { RejectedMachine } from './pending-machine.js';

const time = z.iso.datetime().transform((text) => new Date(text));

const machine = z.object({
  serial: z.string().transform((text): Serial => parseSerial(text)),
  mac: z.string().transform(tryParseMac).optional(),
  uuid: z.string().optional(),
  isLeased: z.boolean(),
  address: z.string().transform(tryParseIpv4).optional(),
  hardware: z
    .object({
      manufacturer: z.string().optional(),
      product: z.string().optional(),
      memoryBytes: z.number().optional(),
    })
    .optional(),
  code: z.string(),
  since: time,
  lastSeen: time,
  by: z.string(),
  rejected: time,
});
const content = z.object({ rejected: z.array(machine) });

/** Machines that operators rejected, as that outlives the daemon. */
export class RejectedFile {
  constructor(private readonly path: string) {}

  /** One that says something else is put aside as `.damaged` before the next rejection replaces it. */
  async read(): Promise<{ readonly rejected: readonly RejectedMachine[]; readonly isDamaged: boolean }> {
    const text = await readIfPresent(this.path);
    if (text === undefined) return { rejected: [], isDamaged: false };
    const { data } = safely(() => content.safeParse(jsonIn(text)));
    if (data) return { rejected: data.rejected, isDamaged: false };
    await replaceFile(`${this.path}.damaged`, text, 0o600);
    return { rejected: [], isDamaged: true };
  }

  /** Durable when it resolves. @throws StoreUnavailable */
  async save(rejected: readonly RejectedMachine[]): Promise<void> {
    const written = rejected.map(({ address, ...rest }) => ({
      ...rest,
      ...(address !== undefined && { address: formatIpv4(address) }),
    }));
    try {
      await mkdir(dirname(this.path), { recursive: true });
      await replaceFile(this.path, `${JSON.stringify({ rejected: written }, null, 2)}\n`, 0o600);
    } catch (error) {
      const isFull = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');
      throw new StoreUnavailable(`${this.path}: ${fileReason(error)}`, isFull ? 'full' : 'unavailable', {
        cause: error,
      });
    }
  }
}

/** A transform that throws is a fault like any other. */
function safely<T extends { data?: unknown }>(parse: () => T): T | { data?: undefined } {
  try {
    return parse();
  } catch {
    return {};
  }
}
