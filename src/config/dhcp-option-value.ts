import { z } from 'zod';
import { architectures } from '../host/platform.js';
import { tryParseIpv4 } from '../net/ipv4.js';

/** The ways to write the value of a DHCP option whose number the configuration names. */
export const optionTypes = [
  'uint8',
  'uint16',
  'uint32',
  'boolean',
  'ipv4',
  'ipv4-list',
  'text',
  'hex',
] as const;
export type OptionType = (typeof optionTypes)[number];

/** Set by the server itself, from other settings or from the request: RFC 2131, RFC 3046. */
const OWN: readonly number[] = [0, 50, 51, 52, 53, 54, 55, 57, 58, 59, 61, 66, 67, 82, 97, 255];
/** RFC 2132 §9.9, RFC 3004, RFC 3011, RFC 4039, RFC 4578: in no answer that gives an address. */
const OF_CLIENTS: readonly number[] = [56, 77, 80, 93, 94, 118];
const REFUSED: ReadonlyMap<number, string> = new Map([
  ...OWN.map((code) => [code, 'is set by the server itself: it cannot be set here'] as const),
  ...OF_CLIENTS.map(
    (code) => [code, 'is nothing that a server sends with an address: leave it out'] as const,
  ),
  [12, 'would give every machine one name: name them in dhcp.reservations, or let imago do it'],
]);

const VENDOR_CLASS = 60;
const VENDOR_CLASS_FOR_ALL =
  'is sent where a machine needs it, and can be given to some by when.macPrefix or when.vendorClass; as PXEClient for all, firmware looks for a boot server on port 4011 and ends in PXE-E16: leave it out';

const macPrefix = z
  .string('is not text: quote it, as in "b8:27:eb"')
  .regex(
    /^[0-9a-f]{2}([:-][0-9a-f]{2}){0,5}$/i,
    'is not the beginning of a MAC address: write one to six pairs of hex digits, as in "b8:27:eb"',
  )
  .transform((text) => text.toLowerCase().replaceAll('-', ':'));

const condition = z
  .strictObject({
    vendorClass: z
      .string()
      .min(1)
      .max(128)
      .optional()
      .describe(
        'What its option 60 begins with, as in PXEClient; with `*` (any text) or `?` (one character) in it a pattern of the whole.',
      ),
    architecture: z
      .union(
        [z.enum(architectures), z.int().min(0).max(65535)],
        `is no architecture: write one of ${architectures.join(', ')}, or a number of option 93`,
      )
      .optional()
      .describe('As in dhcp.loaders, or a number of option 93: 41 for a Raspberry Pi.'),
    macPrefix: z
      .array(macPrefix)
      .min(1)
      .optional()
      .describe('What its MAC address begins with, any of these, as in "b8:27:eb".'),
  })
  .refine(
    ({ vendorClass, architecture, macPrefix: prefixes }) =>
      (vendorClass ?? architecture ?? prefixes) !== undefined,
    {
      error: 'names no condition: write vendorClass, architecture or macPrefix, or leave it out',
      // A misspelt one is told of already.
      when: ({ issues }) => issues.length === 0,
    },
  );

export const extraOption = z
  .strictObject({
    code: z
      .int()
      .min(1)
      .max(254)
      .refine((code) => !REFUSED.has(code), {
        error: ({ input }) => REFUSED.get(Number(input)) ?? 'cannot be set here',
      }),
    type: z.enum(optionTypes).describe('How the value is written; hex: bytes, as in 01:02:ff.'),
    value: z.union(
      [z.string(), z.number(), z.boolean(), z.array(z.string())],
      'is no value of an option: write text, a number, true or false, or a list of texts',
    ),
    when: condition
      .optional()
      .describe(
        'Which clients get it: all that is given must hold. It comes before one of the same code without; the last that holds counts.',
      ),
  })
  .transform((option, context) => {
    const { code, when } = option;
    const isForSome = (when?.macPrefix ?? when?.vendorClass) !== undefined;
    if (code === VENDOR_CLASS && !isForSome) {
      context.issues.push({ code: 'custom', path: ['code'], message: VENDOR_CLASS_FOR_ALL, input: code });
    }
    const value = optionBytes(option.type, option.value);
    if (value !== undefined && value.length > 0 && value.length <= 255) {
      return { code, value, ...(when && { when }) };
    }
    context.issues.push({
      code: 'custom',
      path: ['value'],
      message: `is no value of type ${option.type}: ${EXAMPLES[option.type]}`,
      input: option.value,
    });
    return z.NEVER;
  });

const EXAMPLES: Readonly<Record<OptionType, string>> = {
  uint8: 'write a whole number from 0 to 255',
  uint16: 'write a whole number from 0 to 65535',
  uint32: 'write a whole number from 0 to 4294967295',
  boolean: 'write true or false',
  ipv4: 'write an IPv4 address, as in 10.75.0.1',
  'ipv4-list': 'write a list of up to 63 IPv4 addresses, as in [10.75.0.1, 10.75.0.2]',
  text: 'write a text of 1 to 255 bytes',
  hex: 'write 1 to 255 bytes in hex, as in "01:02:ff"; quote it',
};

type OptionValue = string | number | boolean | readonly string[];

function optionBytes(type: OptionType, value: OptionValue): Uint8Array | undefined {
  switch (type) {
    case 'uint8':
      return unsigned(value, 1);
    case 'uint16':
      return unsigned(value, 2);
    case 'uint32':
      return unsigned(value, 4);
    case 'boolean':
      return typeof value === 'boolean' ? Uint8Array.of(value ? 1 : 0) : undefined;
    case 'ipv4':
      return typeof value === 'string' ? addresses([value]) : undefined;
    case 'ipv4-list':
      return typeof value === 'object' ? addresses(value) : undefined;
    case 'text':
      return typeof value === 'string' ? Buffer.from(value, 'utf8') : undefined;
    case 'hex':
      break;
  }
  return typeof value === 'string' && /^[0-9a-f]{2}([: ]?[0-9a-f]{2})*$/i.test(value)
    ? Buffer.from(value.replace(/[: ]/g, ''), 'hex')
    : undefined;
}

function unsigned(value: OptionValue, length: 1 | 2 | 4): Uint8Array | undefined {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 2 ** (8 * length)) {
    return undefined;
  }
  const bytes = Buffer.alloc(length);
  bytes.writeUIntBE(value, 0, length);
  return bytes;
}

function addresses(texts: readonly string[]): Uint8Array | undefined {
  const bytes = Buffer.alloc(4 * texts.length);
  for (const [index, text] of texts.entries()) {
    const address = tryParseIpv4(text);
    if (address === undefined) return undefined;
    bytes.writeUInt32BE(address, 4 * index);
  }
  return bytes;
}
