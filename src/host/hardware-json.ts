import { z } from 'zod';
import type { Hardware } from './hardware.js';

const text = z.string({ error: 'is not a text: put it in quotes' });
const count = z
  .int({ error: 'is not a whole number: write 0 or more, without quotes' })
  .min(0, { error: 'is below zero: write 0 or more' });

/** As it stands in a host's file. */
export const hardwareSchema = z.strictObject(
  {
    Manufacturer: text.optional(),
    Product: text.optional(),
    MemoryBytes: count.optional(),
    Disks: z
      .array(z.strictObject({ Name: text, Bytes: count }), {
        error: 'is not a list of disks: write [{"Name": "sda", "Bytes": 480103981056}]',
      })
      .optional(),
  },
  { error: 'is not what a machine is made of: write {"Product": "…", "MemoryBytes": …, "Disks": […]}' },
);

export function hardwareToJson({ manufacturer, product, memoryBytes, disks }: Hardware) {
  return {
    ...(manufacturer !== undefined && { Manufacturer: manufacturer }),
    ...(product !== undefined && { Product: product }),
    ...(memoryBytes !== undefined && { MemoryBytes: memoryBytes }),
    ...(disks && { Disks: disks.map(({ name, bytes }) => ({ Name: name, Bytes: bytes })) }),
  };
}

export function hardwareFromJson(json: z.output<typeof hardwareSchema>): Hardware {
  return {
    ...(json.Manufacturer !== undefined && { manufacturer: json.Manufacturer }),
    ...(json.Product !== undefined && { product: json.Product }),
    ...(json.MemoryBytes !== undefined && { memoryBytes: json.MemoryBytes }),
    ...(json.Disks && { disks: json.Disks.map(({ Name: name, Bytes: bytes }) => ({ name, bytes })) }),
  };
}
