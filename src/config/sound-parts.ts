import { z } from 'zod';
import type { Subnet } from '../net/ipv4.js';

/** A value of which any part may be missing, since it was at fault. */
export type Parts<T> = T extends
  | string
  | number
  | boolean
  | null
  | undefined
  | ReadonlyMap<unknown, unknown>
  | Subnet
  ? T
  : T extends readonly (infer Item)[]
    ? readonly (Parts<Item> | undefined)[]
    : { readonly [Key in keyof T]?: Parts<T[Key]> | undefined };

/** What a schema makes of each part of a value by itself. A part that is at fault is left out; its neighbours and defaults stay. */
export function soundParts<T extends z.ZodType>(schema: T, raw: unknown): Parts<z.output<T>> | undefined {
  return partsOf(schema, raw) as Parts<z.output<T>> | undefined;
}

function partsOf(schema: z.core.$ZodType, raw: unknown): unknown {
  const whole = z.safeParse(schema, raw);
  if (whole.success) return whole.data;
  const inner = raw === undefined ? schema : unwrapped(schema);
  if (inner instanceof z.ZodArray && Array.isArray(raw))
    return raw.map((item) => partsOf(inner.element, item));
  if (typeof raw !== 'object' || raw === null) return undefined;
  const values = new Map(Object.entries(raw));
  if (inner instanceof z.ZodObject)
    return mapped(Object.entries<z.core.$ZodType>(inner.shape), ([key, part]) =>
      partsOf(part, values.get(key)),
    );
  if (inner instanceof z.ZodRecord)
    return mapped([...values], ([, value]) => partsOf(inner.valueType, value));
  return undefined;
}

/** The form that a written value has: neither absent, nor given by a default, nor made into something else yet. */
function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrapped(schema.def.innerType);
  return schema;
}

function mapped<T>(entries: readonly [string, T][], part: (entry: [string, T]) => unknown): object {
  return Object.fromEntries(entries.map((entry) => [entry[0], part(entry)]));
}
