/** What vendors write where a serial should be, word by word. */
const WORDS = words(
  'asset available applicable baseboard base bases board brd bios chassis computer default defined device empty empy enter ',
  'eval evaluation filled from here inc invalid manufacturer model mainboard motherboard na name nil no none not null num number',
  'oem or product provided present programmed qemu sample sernum ser serial settable set sku sn specified ssn standard string sys system',
  'tag tbd test todo type undefined uninitialized unit unknow unknown unset unspecified vendor version vmware',
);

/** Marks before the digits that a vendor counted up for show: `MB-1234567890`, `SSN12345678901234567`. */
const MARKS = /^(mb|bb|sys|chs|[a-z]?sn)/;

/** VMware's serial is its UUID in hex pairs; firmware and boot loaders cut it short, which makes equal serials of different machines. */
const VMWARE = /^vmware-([0-9a-f]{2}[ -]?){0,16}$/;

const LONGEST_PHRASE = 64;

/**
 * Whether many machines have the serial, since nobody filled it in: nothing but one character again and again, digits that count
 * up, or words that say what should stand there. Serials of vendors have digits out of order, and are none of that.
 */
export function isPlaceholderSerial(raw: string): boolean {
  const text = raw.trim().toLowerCase();
  if (VMWARE.test(text)) return text.replace(/^vmware-/, '').replace(/[ -]/g, '').length < 32;
  const folded = text.replace(/[^a-z0-9]+/g, '');
  if (isOneCharacter(folded) || countsUp(folded)) return true;
  const afterMark = folded.replace(MARKS, '');
  if (afterMark !== folded && afterMark.length > 3 && (isOneCharacter(afterMark) || countsUp(afterMark)))
    return true;
  return folded.startsWith('tobefilled') || isPhrase(folded);
}

/** Nothing, `0`, `00000000`, `xxxxxxxx`, and zeros with the one at their end that a counter begins with. */
function isOneCharacter(text: string): boolean {
  return /^(.?)\1*$/.test(text) || /^0{3,}1$/.test(text);
}

/** `123`, `0123456789ABCDEF`, `12345678901234567`, `123456789000`: each digit one more than the one before, from 0 or 1, and zeros after. */
function countsUp(text: string): boolean {
  if (!/^[01][0-9a-f]{2,}$/.test(text)) return false;
  const counted = text.length > 9 ? text.replace(/(?<=90)0+$/, '') : text;
  return counted.split('').every((digit, index) => index === 0 || follows(counted.charAt(index - 1), digit));
}

function follows(digit: string, next: string): boolean {
  const value = Number.parseInt(digit, 16);
  return Number.parseInt(next, 16) === value + 1 || (digit === '9' && next === '0');
}

/** Made of such words alone, the last perhaps cut off: firmware keeps a field of a fixed length. */
function isPhrase(text: string): boolean {
  if (text.length > LONGEST_PHRASE || !/^[a-z]+$/.test(text)) return false;
  const reached = new Set([0]);
  for (const from of reached) {
    if (from === text.length) return true;
    for (const word of WORDS) {
      if (text.startsWith(word, from)) reached.add(from + word.length);
      else if (from > 0 && text.length - from > 2 && word.startsWith(text.slice(from))) return true;
    }
  }
  return false;
}

function words(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.trim().split(' '));
}
