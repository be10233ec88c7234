import { InvalidValue } from '../errors.js';
import { parseSerial, type Serial } from '../host/serial.js';
import { formatIpv4, tryParseIpv4 } from '../net/ipv4.js';
import { tryParseMac } from '../net/mac-address.js';
import type { KeptCapability } from './capabilities.js';

const DIGEST = /^[0-9a-f]{64}$/;

/** What a line says: the host's capability from now on, or that it has none any more. */
export type CapabilityRecord = KeptCapability | { readonly serial: Serial; readonly digest?: undefined };

/** One line, with its line feed. */
export function capabilityLine(kept: KeptCapability): string {
  const { serial, digest, address, epoch, card, isUsed, hasMoved, isOver } = kept;
  const facts = { serial, digest, address: formatIpv4(address), epoch, card, isUsed, hasMoved, isOver };
  return `${JSON.stringify(facts)}\n`;
}

export function forgottenLine(serial: Serial): string {
  return `${JSON.stringify({ serial })}\n`;
}

/** Undefined for a line that is no whole record: what a power cut leaves behind. */
export function parseCapabilityLine(line: string): CapabilityRecord | undefined {
  const record = objectOf(line);
  const serial = serialOf(record?.['serial']);
  if (record === undefined || serial === undefined) return undefined;
  const { digest, address: addressText, epoch, card, isUsed, hasMoved, isOver } = record;
  if (digest === undefined) return { serial };
  const address = typeof addressText === 'string' ? tryParseIpv4(addressText) : undefined;
  if (typeof digest !== 'string' || !DIGEST.test(digest)) return undefined;
  if (address === undefined || !Number.isSafeInteger(epoch)) return undefined;
  return {
    serial,
    digest,
    address,
    epoch: Number(epoch),
    card: typeof card === 'string' ? tryParseMac(card) : undefined,
    // What is not said is taken for the worse.
    isUsed: isUsed !== false,
    hasMoved: hasMoved !== false,
    isOver: isOver !== false,
  };
}

function serialOf(value: unknown): Serial | undefined {
  if (typeof value !== 'string') return undefined;
  try {
    return parseSerial(value);
  } catch (error) {
    if (error instanceof InvalidValue) return undefined;
    throw error;
  }
}

function objectOf(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
