import { z } from 'zod';
import { ImagoError } from '../errors.js';
import { parseIpv4, parseSubnet, tryParseIpv4, type Ipv4, type Subnet } from '../net/ipv4.js';
import { parseMac, type MacAddress } from '../net/mac-address.js';
import { parseWrittenSerial, type Serial } from '../host/serial.js';

/** A text that one of the parsers of `net` and `host` makes a value of; its error becomes the configuration's fault. */
function parsed<T>(parse: (text: string) => T, example: string) {
  return z.string(`is not text: write ${example}`).transform((text, context): T => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      context.issues.push({ code: 'custom', message: error.message, input: text });
      return z.NEVER;
    }
  });
}

export const ipv4 = parsed<Ipv4>(parseIpv4, 'an IPv4 address, as in 10.75.0.1');
export const macAddress = parsed<MacAddress>(parseMac, 'a MAC address, as in 52:54:00:00:00:01');
export const subnet = parsed<Subnet>(parseSubnet, 'a subnet, as in 10.75.0.0/24');
export const serial = parsed<Serial>(parseWrittenSerial, 'a serial, in quotes where it looks like a number');

export const port = z.int().min(1).max(65535);

/** A name that is also a folder or a file name: no separators, not hidden. */
export const plainName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    'is not a name: use letters, digits, dots, hyphens and underscores',
  );

/** A path below one of the configured folders. */
export const relativePath = z
  .string()
  .regex(
    /^(?!\/)(?!.*(^|\/)\.\.(\/|$))[^\\\0]+$/,
    'is not a path below its folder: write it without / in front and without ..',
  );

/** RFC 1035 §2.3.1, RFC 1123 §2.1. */
export const domainName = z
  .string()
  .max(253)
  .regex(
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/i,
    'is not a domain name, as in rack1.example.net',
  );

/** An IPv4 address, or a name. All digits and dots is a mistyped address. */
export const timeServer = z.string().transform((text, context): Ipv4 | string => {
  const address = tryParseIpv4(text);
  if (address !== undefined) return address;
  if (domainName.safeParse(text).success && !/^[\d.]+$/.test(text)) return text;
  const message = 'is neither an IPv4 address nor a host name: write it as in 10.75.0.1 or pool.ntp.org';
  context.issues.push({ code: 'custom', message, input: text });
  return z.NEVER;
});

/** Of a management controller or another server: an IPv4 or IPv6 address or a host name. All digits and dots is a mistyped address. */
export const bmcAddress = z
  .string()
  .refine(
    (text) =>
      tryParseIpv4(text) !== undefined ||
      z.ipv6().safeParse(text).success ||
      (domainName.safeParse(text).success && !/^[\d.]+$/.test(text)),
    'is neither an IP address nor a host name: write it as in 10.76.0.17 or bmc-17.example.net',
  );
