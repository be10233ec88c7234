/** Serials that vendors ship unfilled, folded as `fold` does. */
const PLACEHOLDER_SERIALS = new Set([
  '',
  'none',
  'null',
  'nil',
  'na',
  'unknown',
  'undefined',
  'invalid',
  'empty',
  'default',
  'defaultstring',
  'tobefilledbyoem',
  'tobefilled',
  'oem',
  'notspecified',
  'notapplicable',
  'notavailable',
  'notsettable',
  'notpresent',
  'serial',
  'serialnumber',
  'systemserialnumber',
  'systemserial',
  'chassisserialnumber',
  'baseboardserialnumber',
  'boardserialnumber',
  'basebrdserialnum',
  'ssn',
  'sysserialnum',
  'empysystemserial',
  'xxxx',
  '0123456789',
  '01234567890',
  '123456789',
  '1234567890',
  '1234567',
  '12345678',
  '123456',
  '12345',
  '1234',
  '123',
  'qemu',
  'vmware',
]);

/** UUIDs that many boards share. */
const PLACEHOLDER_UUIDS = new Set([
  '03000200-0400-0500-0006-000700080009', // AMI reference BIOS
  '00020003-0004-0005-0006-000700080009', // the same in wire order
  '12345678-1234-5678-90ab-cddeefaabbcc', // unprogrammed Insyde boards
  'fefefefe-fefe-fefe-fefe-fefefefefefe',
]);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** VMware's serial is its UUID in hex pairs; firmware and boot loaders cut it short, which makes equal serials of different machines. */
const VMWARE = /^vmware-([0-9a-f]{2}[ -]?){0,16}$/;

export function isPlaceholderSerial(raw: string): boolean {
  const trimmed = raw.trim().toLowerCase();
  const folded = trimmed.replace(/[^a-z0-9]+/g, '');
  if (PLACEHOLDER_SERIALS.has(folded)) return true;
  if (/^(.)\1*$/.test(folded)) return true; // '0', '00000000', 'xxxxxxxx', 'ffffffff'
  if (VMWARE.test(trimmed)) return trimmed.replace(/^vmware-/, '').replace(/[ -]/g, '').length < 32;
  return false;
}

/** The UUID in lower case, or undefined where it is missing, malformed or one that many boards share. */
export function usableUuid(raw: string | undefined): string | undefined {
  const uuid = raw?.trim().toLowerCase();
  if (uuid === undefined || !UUID.test(uuid) || PLACEHOLDER_UUIDS.has(uuid)) return undefined;
  return /^(.)\1*$/.test(uuid.replaceAll('-', '')) ? undefined : uuid;
}
