import { createHash } from 'node:crypto';
import { withSystemArguments, type BootPlan } from '../boot/boot-plan.js';
import { ipxeCommands, ipxeTemplateWord, ipxeText, ipxeWord } from '../boot/render-ipxe.js';
import { showValue, UnfitValue } from '../errors.js';
import { urlPart, urlPath } from '../net/url-path.js';

/** Writes a value in the language that surrounds it. @throws UnfitValue */
export type Escaper = (value: unknown, ...options: readonly unknown[]) => string;

/** Writes the text of a single value. */
function ofText(write: (text: string) => string): (value: unknown) => string {
  return (value) => write(textOfValue(value));
}

/**
 * POSIX shell (XCU §2.2.2): one single-quoted word per value; a list becomes several words. To be written where a word
 * may stand, never inside other quotes.
 */
function shell(value: unknown): string {
  return Array.isArray(value) ? value.map(shellWord).join(' ') : shellWord(value);
}

function shellWord(value: unknown): string {
  const text = textOfValue(value);
  if (text.includes('\0')) throw new UnfitValue('holds a NUL character, which no shell word can');
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** JSON on one line, with everything escaped that a YAML reader of 1.1 or 1.2 would take otherwise: it is a scalar, list or map there. */
function json(value: unknown): string {
  if (value === undefined) throw new UnfitValue('is missing');
  const text = JSON.stringify(value);
  if (text === undefined) throw new UnfitValue('is not a value that JSON can hold');
  return text.replace(/[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff</]/g, escapeUnit);
}

function escapeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** RFC 4648 §4, of the UTF-8 bytes. */
function base64(value: unknown): string {
  return Buffer.from(textOfValue(value), 'utf8').toString('base64');
}

/** RFC 2397. Not for a place by itself: put `| yaml` or `| json` behind it. */
function dataUrl(value: unknown): string {
  return `data:;base64,${base64(value)}`;
}

/** 64 lower-case hex digits of the UTF-8 bytes. */
function sha256(value: unknown): string {
  return createHash('sha256').update(textOfValue(value), 'utf8').digest('hex');
}

/** A plain decimal number. */
function number(value: unknown): string {
  const parsed = typeof value === 'number' ? value : Number(lineOfValue(value).trim() || Number.NaN);
  if (!Number.isFinite(parsed)) throw new UnfitValue(`${showValue(value)} is not a number`);
  return Number.isSafeInteger(parsed) ? BigInt(parsed).toString() : String(parsed);
}

/** One line of text for a line-based format that knows no quoting (preseed, kickstart, hosts files). */
function line(value: unknown): string {
  return lineOfValue(value).trim();
}

/** The value of a setting in a systemd unit (systemd.syntax(7)): `%` begins a specifier there, a last `\` joins lines. */
function unit(value: unknown): string {
  const text = line(value);
  if (text.endsWith('\\'))
    throw new UnfitValue(`${showValue(text)} ends in a backslash, which would join the next line to it`);
  return text.replaceAll('%', '%%');
}

/** Kernel arguments of the operator, a text or a list: `${…}` is left for iPXE to replace. */
function ipxeArguments(value: unknown): string {
  return (Array.isArray(value) ? value : [value]).map(ofText(ipxeTemplateWord)).join(' ');
}

/**
 * The commands of iPXE that carry out a plan.
 * @param more Kernel arguments in place of those of the plan's system.
 * @param retry The script to ask for after a failure, in place of the plan's.
 */
function ipxePlan(value: unknown, more?: unknown, retry?: unknown): string {
  if (!isPlan(value)) throw new UnfitValue('is no plan of what a machine boots: {{ plan | ipxePlan }}');
  if (value.kind === 'script') return value.text;
  const again = typeof retry === 'string' && 'retry' in value ? { ...value, retry } : value;
  const plan =
    again.kind === 'kernel' && Array.isArray(more)
      ? withSystemArguments(again, more.map(textOfValue))
      : again;
  return ipxeCommands(plan).join('\n');
}

/** The context's own, or one that a template made of it. */
function isPlan(value: unknown): value is BootPlan {
  return typeof value === 'object' && value !== null && 'kind' in value && 'reason' in value;
}

/** The filters by which values reach the output. Each `{{ … }}` ends in one of them. */
export const escapers = {
  shell,
  json,
  yaml: json,
  uri: ofText(urlPart),
  urlPath: ofText(urlPath),
  base64,
  dataUrl,
  sha256,
  number,
  line,
  unit,
  ipxe: ofText(ipxeWord),
  ipxeArguments,
  ipxeText: ofText(ipxeText),
  ipxePlan,
  /** As it is: what no machine or request can choose, and what its author wrote for this very place. */
  trusted: textOfValue,
} as const satisfies Readonly<Record<string, Escaper>>;

/** The text of a single value. @throws UnfitValue for what has none: `null`, lists, objects. */
function textOfValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return String(value);
  if (typeof value === 'boolean') return String(value);
  if (value === undefined) throw new UnfitValue('is missing');
  if (value === null) {
    throw new UnfitValue(
      "is null, it is not known here: guard it with {% if … %} or give it a default('…', true)",
    );
  }
  throw new UnfitValue(
    `${showValue(value)} is not a single value: pick one of its parts, or use the json or yaml filter`,
  );
}

/** A single value that stays on its line. @throws UnfitValue */
function lineOfValue(value: unknown): string {
  const text = textOfValue(value);
  if (/[\p{Cc}\u2028\u2029]/u.test(text)) {
    throw new UnfitValue(
      `${showValue(text)} holds a line break or another control character, which cannot be written here`,
    );
  }
  return text;
}
