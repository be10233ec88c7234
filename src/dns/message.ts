import { MessageTooLong } from './errors.js';

/**
 * As much of DNS (RFC 1035 §4) as a forwarder with a few names of its own takes: one question is read, two kinds of records are
 * written, and all else is passed on as it is.
 */

const HEADER_BYTES = 12;
const LONGEST_LABEL = 63;
const LONGEST_NAME = 255;
/** To the name in the question: RFC 1035 §4.1.4. */
const POINTER = Buffer.from([0xc0, HEADER_BYTES]);

/** RFC 1035 §4.1.1. */
const flag = {
  response: 1 << 15,
  opcode: 0xf << 11,
  authoritative: 1 << 10,
  recursionDesired: 1 << 8,
  recursionAvailable: 1 << 7,
  code: 0xf,
};

/** RFC 1035 §4.1.1. */
export const rcode = {
  noError: 0,
  formatError: 1,
  serverFailure: 2,
  noSuchName: 3,
  notImplemented: 4,
  refused: 5,
};
export type Rcode = (typeof rcode)[keyof typeof rcode];

/** RFC 1035 §3.2.2, §3.2.3. */
export const recordType = { A: 1, PTR: 12, any: 255 };
/** RFC 1035 §3.2.4. */
export const CLASS_IN = 1;

export interface Question {
  readonly id: number;
  /** In lower case, without a dot at the end; a dot within a label stands behind a backslash. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly wantsRecursion: boolean;
  /** Its bytes: an answer repeats them, the case of letters too. */
  readonly section: Buffer;
}

/** What came: a question, something to be told so, or nothing that may be answered at all. */
export type Reading =
  | { readonly kind: 'question'; readonly question: Question }
  | { readonly kind: 'refused'; readonly answer: Buffer }
  | { readonly kind: 'ignored' };

/** Never throws. An answer is never answered: two servers would go on for ever. */
export function readQuestion(bytes: Buffer): Reading {
  if (bytes.length < HEADER_BYTES) return { kind: 'ignored' };
  const [id, flags, count] = [bytes.readUInt16BE(0), bytes.readUInt16BE(2), bytes.readUInt16BE(4)];
  if (flags & flag.response) return { kind: 'ignored' };
  const refuse = (code: Rcode): Reading => ({
    kind: 'refused',
    answer: header(id, flag.response | (flags & (flag.opcode | flag.recursionDesired)) | code, 0, 0),
  });
  if (flags & flag.opcode) return refuse(rcode.notImplemented);
  const section = count === 1 ? questionSection(bytes) : undefined;
  if (!section) return refuse(rcode.formatError);
  const question = {
    id,
    name: nameIn(section),
    type: section.readUInt16BE(section.length - 4),
    class: section.readUInt16BE(section.length - 2),
    wantsRecursion: (flags & flag.recursionDesired) !== 0,
    section,
  };
  return { kind: 'question', question };
}

export interface DnsRecord {
  readonly type: number;
  /** In seconds. */
  readonly ttl: number;
  readonly data: Buffer;
}

/** An answer of our own. The record is of the name that was asked for. */
export function answerTo(
  { id, wantsRecursion, section }: Question,
  {
    code = rcode.noError,
    record,
    isOurs = false,
  }: { code?: Rcode; record?: DnsRecord | undefined; isOurs?: boolean },
): Buffer {
  const flags =
    flag.response |
    flag.recursionAvailable |
    (isOurs ? flag.authoritative : 0) |
    (wantsRecursion ? flag.recursionDesired : 0) |
    code;
  return Buffer.concat([
    header(id, flags, 1, record ? 1 : 0),
    section,
    ...(record ? [encodeRecord(record)] : []),
  ]);
}

/** Undefined for what no name can be: RFC 1035 §2.3.4. */
export function encodeName(name: string): Buffer | undefined {
  const labels = name.split('.').map((label) => Buffer.from(label, 'latin1'));
  if (labels.some(({ length }) => length === 0 || length > LONGEST_LABEL)) return undefined;
  const bytes = Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), label]),
    Buffer.from([0]),
  ]);
  return bytes.length > LONGEST_NAME ? undefined : bytes;
}

/** Whether these bytes answer that query, as far as anybody can tell: RFC 5452 §9.1. */
export function isAnswerTo(query: Buffer, answer: Buffer): boolean {
  if (answer.length < HEADER_BYTES || answer.readUInt16BE(0) !== query.readUInt16BE(0)) return false;
  const flags = answer.readUInt16BE(2);
  if (!(flags & flag.response)) return false;
  // Who cannot read a query may answer without its question.
  if (answer.readUInt16BE(4) === 0) return (flags & flag.code) !== rcode.noError;
  const [asked, repeated] = [questionSection(query), questionSection(answer)];
  return asked !== undefined && repeated !== undefined && lowerCase(asked) === lowerCase(repeated);
}

/** The same message under another id. */
export function withId(bytes: Buffer, id: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(id, 0);
  return copy;
}

/** The bytes of the first question: name, type, class. Undefined where there is none whole, or a name that points elsewhere. */
function questionSection(bytes: Buffer): Buffer | undefined {
  let end = HEADER_BYTES;
  for (let length = bytes[end]; length !== undefined && length !== 0; length = bytes[end]) {
    if (length > LONGEST_LABEL) return undefined;
    end += 1 + length;
  }
  if (end + 1 - HEADER_BYTES > LONGEST_NAME || end + 5 > bytes.length) return undefined;
  return bytes.subarray(HEADER_BYTES, end + 5);
}

function nameIn(section: Buffer): string {
  const labels: string[] = [];
  for (let at = 0, length = section[at]; length !== undefined && length !== 0; length = section[at]) {
    labels.push(lowerCase(section.subarray(at + 1, at + 1 + length)).replaceAll('.', '\\.'));
    at += 1 + length;
  }
  return labels.join('.');
}

function encodeRecord({ type, ttl, data }: DnsRecord): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(CLASS_IN, 2);
  fixed.writeUInt32BE(ttl, 4);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([POINTER, fixed, data]);
}

function header(id: number, flags: number, questions: number, answers: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt16BE(questions, 4);
  bytes.writeUInt16BE(answers, 6);
  return bytes;
}

function lowerCase(bytes: Buffer): string {
  return bytes.toString('latin1').toLowerCase();
}

/** A message as TCP carries it: behind its length (RFC 1035 §4.2.2). */
export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** The messages of one TCP connection, as they become whole. */
export class MessageStream {
  #pending = Buffer.alloc(0);

  /** @param longest In bytes, of one message. */
  constructor(private readonly longest: number) {}

  /** @throws MessageTooLong */
  take(bytes: Buffer): Buffer[] {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    const messages: Buffer[] = [];
    while (this.#pending.length >= 2) {
      const length = this.#pending.readUInt16BE(0);
      if (length > this.longest) throw new MessageTooLong();
      if (this.#pending.length < 2 + length) break;
      messages.push(this.#pending.subarray(2, 2 + length));
      this.#pending = this.#pending.subarray(2 + length);
    }
    return messages;
  }
}
