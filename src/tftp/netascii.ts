const LF = 0x0a;
const CR = 0x0d;
const NUL = 0x00;

/** RFC 764's line ends, for RFC 1350's `netascii`: LF becomes CR LF, CR becomes CR NUL. */
export function toNetascii(bytes: Uint8Array): Uint8Array {
  let extra = 0;
  for (const byte of bytes) if (byte === LF || byte === CR) extra += 1;
  if (extra === 0) return bytes;
  const converted = new Uint8Array(bytes.length + extra);
  let at = 0;
  for (const byte of bytes) {
    if (byte === LF) converted[at++] = CR;
    converted[at++] = byte;
    if (byte === CR) converted[at++] = NUL;
  }
  return converted;
}
