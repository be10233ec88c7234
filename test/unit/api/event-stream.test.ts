import { expect } from 'chai';
import fc from 'fast-check';
import { parseEventStream, type StreamMessage } from '../../../src/api/event-stream.js';

async function parsed(chunks: readonly string[]): Promise<StreamMessage[]> {
  const messages: StreamMessage[] = [];
  async function* source() {
    yield* chunks;
  }
  for await (const message of parseEventStream(source())) messages.push(message);
  return messages;
}

describe('api/event-stream', () => {
  for (const { name, text, want } of [
    {
      name: 'a message',
      text: 'id: 1\nevent: change\ndata: {"a":1}\n\n',
      want: [{ id: '1', data: '{"a":1}' }],
    },
    { name: 'several lines of data', text: 'data: a\ndata: b\n\n', want: [{ id: undefined, data: 'a\nb' }] },
    {
      name: 'an id that stays',
      text: 'id: 1\ndata: a\n\ndata: b\n\n',
      want: [
        { id: '1', data: 'a' },
        { id: '1', data: 'b' },
      ],
    },
    { name: 'no comments', text: ': imago\n\n:\n\n', want: [] },
    {
      name: 'one blank after the colon, no more',
      text: 'data:a\n\ndata:  b\n\n',
      want: [
        { id: undefined, data: 'a' },
        { id: undefined, data: ' b' },
      ],
    },
    { name: 'lines as Windows ends them', text: 'data: a\r\n\r\n', want: [{ id: undefined, data: 'a' }] },
    { name: 'no message that did not end', text: 'data: a\n', want: [] },
    { name: 'a field without a value', text: 'data\n\n', want: [{ id: undefined, data: '' }] },
  ]) {
    it(`reads ${name}`, async () => {
      expect(await parsed([text])).to.deep.equal(want);
    });
  }

  it('reads the same however it is cut', async () => {
    const text = 'id: 1\r\ndata: {"what":"übrig"}\r\n\r\n: beat\n\nid: 2\ndata: a\ndata: b\n\n';
    const whole = await parsed([text]);
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(text.length)), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), text.length];
        const chunks = places.slice(1).map((end, index) => text.slice(places[index], end));
        expect(await parsed(chunks)).to.deep.equal(whole);
      }),
      { seed: 7, numRuns: 200 },
    );
  });
});
