import { cleanText } from '../errors.js';
import type { ObjectId } from './object.js';

export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly time: Date;
}

export interface Commit {
  readonly tree: ObjectId;
  readonly parents: readonly ObjectId[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export function encodeCommit(commit: Commit): Buffer {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${formatSignature(commit.author)}`,
    `committer ${formatSignature(commit.committer)}`,
    '',
    `${commit.message.replaceAll(/[^\n\t]+/g, cleanText)}\n`,
  ];
  return Buffer.from(lines.join('\n'), 'utf8');
}

/** Header fields that imago does not know (signatures, encodings) are skipped. */
export function decodeCommit(content: Buffer): Commit {
  const text = content.toString('utf8');
  const blank = text.indexOf('\n\n');
  const header = blank < 0 ? text : text.slice(0, blank);
  const parents: ObjectId[] = [];
  let tree = '';
  let author = unknownSignature;
  let committer = unknownSignature;
  for (const line of header.split('\n')) {
    const space = line.indexOf(' ');
    const value = line.slice(space + 1);
    switch (line.slice(0, space)) {
      case 'tree':
        tree = value;
        break;
      case 'parent':
        parents.push(value);
        break;
      case 'author':
        author = parseSignature(value);
        break;
      case 'committer':
        committer = parseSignature(value);
        break;
      default:
    }
  }
  return {
    tree,
    parents,
    author,
    committer,
    message: blank < 0 ? '' : text.slice(blank + 2).replace(/\n$/, ''),
  };
}

const unknownSignature: Signature = { name: '', email: '', time: new Date(0) };

/** Git keeps whole seconds, and none before 1970: a clock that stands wrong must not make a commit that fsck refuses. */
function formatSignature({ name, email, time }: Signature): string {
  const seconds = Math.max(0, Math.floor(time.getTime() / 1000)) || 0;
  return `${cleanName(name)} <${cleanName(email)}> ${seconds} +0000`;
}

/** As Git does: no angle brackets or line breaks, no crud at the ends, and never empty. */
function cleanName(text: string): string {
  const cleaned = text
    .replace(/[<>\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '')
    .replace(/^[\s.,:;'"\\]+|(?<![\s.,:;'"\\])[\s.,:;'"\\]+$/g, '');
  return cleaned === '' ? 'unknown' : cleaned;
}

/** Seconds: the years 1 to 9999, which all that reads times can take. A commit made elsewhere may claim any. */
const EARLIEST = -62_135_596_800;
const LATEST = 253_402_300_799;

function parseSignature(text: string): Signature {
  const match = /^([^<]*)<([^>]*)> (-?\d+)/.exec(text);
  if (!match) return { ...unknownSignature, name: text };
  const seconds = Math.min(Math.max(Number(match[3]), EARLIEST), LATEST);
  return { name: match[1]?.replace(/ $/, '') ?? '', email: match[2] ?? '', time: new Date(seconds * 1000) };
}
