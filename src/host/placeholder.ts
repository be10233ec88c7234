/** UUIDs that many boards share. */
const PLACEHOLDER_UUIDS = new Set([
  '03000200-0400-0500-0006-000700080009', // AMI reference BIOS
  '00020003-0004-0005-0006-000700080009', // the same in wire order
  '12345678-1234-5678-90ab-cddeefaabbcc', // unprogrammed Insyde boards
  '6ab5b300-538d-1014-9fb5-b0684d007b53',
  '00112233-4455-6677-8899-aabbccddeeff',
  '8a95d198-7f46-11e5-bf8b-08002704d48e',
]);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The UUID in lower case, or undefined where it is missing, malformed or one that many boards share. */
export function usableUuid(raw: string | undefined): string | undefined {
  const uuid = wellFormed(raw);
  return uuid === undefined || isShared(uuid) ? undefined : uuid;
}

/** The UUID in lower case where it is one that many boards share: there are fewer than 300 of those. */
export function sharedUuid(raw: string | undefined): string | undefined {
  const uuid = wellFormed(raw);
  return uuid !== undefined && isShared(uuid) ? uuid : undefined;
}

function wellFormed(raw: string | undefined): string | undefined {
  const uuid = raw?.trim().toLowerCase();
  return uuid !== undefined && UUID.test(uuid) ? uuid : undefined;
}

/** Also one byte all over: zeros, ones, 01 01 … */
function isShared(uuid: string): boolean {
  return PLACEHOLDER_UUIDS.has(uuid) || /^(..)\1*$/.test(uuid.replaceAll('-', ''));
}
