import { expect } from 'chai';
import fc from 'fast-check';
import { answerTo, encodeName, isAnswerTo, readQuestion, rcode, withId } from '../../../src/dns/message.js';

/** `0007 0100 0001 …`, written by hand: header, `Www.test`, A, IN. */
const QUERY = '0007010000010000000000000357777704746573740000010001';
const query = (text = QUERY) => Buffer.from(text, 'hex');

describe('a message of DNS', () => {
  it('Y12: is read as a question, in lower case', () => {
    const reading = readQuestion(query());
    expect(reading.kind === 'question' && { ...reading.question, section: undefined }).to.deep.equal({
      id: 7,
      name: 'www.test',
      type: 1,
      class: 1,
      wantsRecursion: true,
      section: undefined,
    });
  });

  for (const { name, bytes, want } of [
    { name: 'is shorter than its header', bytes: QUERY.slice(0, 22), want: 'ignored' },
    { name: 'is an answer', bytes: QUERY.replace('0100', '8100'), want: 'ignored' },
    { name: 'is an update', bytes: QUERY.replace('0100', '2800'), want: '0007a8040000000000000000' },
    { name: 'asks nothing', bytes: QUERY.replace('00010000', '00000000'), want: '000781010000000000000000' },
    {
      name: 'asks two things',
      bytes: QUERY.replace('00010000', '00020000'),
      want: '000781010000000000000000',
    },
    { name: 'is cut off in its name', bytes: QUERY.slice(0, 34), want: '000781010000000000000000' },
    { name: 'is cut off behind its name', bytes: QUERY.slice(0, -2), want: '000781010000000000000000' },
    {
      name: 'points to itself',
      bytes: '000701000001000000000000c00c00010001',
      want: '000781010000000000000000',
    },
  ]) {
    it(`Y12: that ${name} is ${want === 'ignored' ? want : 'refused'}`, () => {
      const reading = readQuestion(query(bytes));
      expect(reading.kind === 'refused' ? reading.answer.toString('hex') : reading.kind).to.equal(want);
    });
  }

  it('Y12: is answered to the byte: the question as it was asked, a pointer to its name, the record', () => {
    const reading = readQuestion(query());
    if (reading.kind !== 'question') throw new Error(reading.kind);
    const record = { type: 1, ttl: 60, data: Buffer.from([10, 75, 0, 10]) };
    expect(answerTo(reading.question, { record, isOurs: true }).toString('hex')).to.equal(
      `000785800001000100000000${QUERY.slice(24)}c00c000100010000003c00040a4b000a`,
    );
    expect(answerTo(reading.question, { code: rcode.noSuchName }).toString('hex')).to.equal(
      `000781830001000000000000${QUERY.slice(24)}`,
    );
  });

  it('Y12: of any bytes does no harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.boolean(), (bytes, isQuery) => {
        const message = Buffer.from(bytes);
        if (isQuery && message.length >= 6) message.set([0, 0, 0, 1], 2);
        const reading = readQuestion(message);
        if (reading.kind === 'question') answerTo(reading.question, {});
        isAnswerTo(query(), message);
      }),
      { numRuns: 2000 },
    );
  });

  for (const { name, change, want } of [
    {
      name: 'under its id, in other letters',
      change: (hex: string) => hex.replace('577777', '777777'),
      want: true,
    },
    { name: 'under another id', change: (hex: string) => hex.replace('0007', '0008'), want: false },
    { name: 'to another question', change: (hex: string) => hex.replace('577777', '787777'), want: false },
    { name: 'that is a question', change: (hex: string) => hex.replace('8180', '0100'), want: false },
    { name: 'without the question', change: () => '000781800000000000000000', want: false },
    {
      name: 'without the question, that it could not be read',
      change: () => '000781810000000000000000',
      want: true,
    },
  ]) {
    it(`Y12: takes ${want ? 'an' : 'no'} answer ${name}`, () => {
      expect(isAnswerTo(query(), Buffer.from(change(QUERY.replace('0100', '8180')), 'hex'))).to.equal(want);
    });
  }

  it('Y12: has names of 255 bytes in labels of 63', () => {
    const label = 'a'.repeat(63);
    expect(encodeName(`${label}.b`)?.length).to.equal(67);
    expect(encodeName(`${label}a`)).to.equal(undefined);
    expect(encodeName(`${label}.${label}.${label}.${label}`)).to.equal(undefined);
    expect(encodeName('a..b')).to.equal(undefined);
    expect(withId(query(), 0xbeef).toString('hex', 0, 2)).to.equal('beef');
  });
});
