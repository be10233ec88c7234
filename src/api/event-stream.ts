/** One message of a stream of server-sent events. */
export interface StreamMessage {
  readonly id: string | undefined;
  readonly data: string;
}

/** A stream so far: what was read of a line, and of a message, that have not ended yet. */
interface Unfinished {
  readonly line: string;
  readonly id: string | undefined;
  readonly data: readonly string[];
}

/** Server-sent events, WHATWG HTML §9.2.6, as far as imago sends them: `id` and `data`; comments keep the connection alive. */
export async function* parseEventStream(chunks: AsyncIterable<string>): AsyncGenerator<StreamMessage> {
  let unfinished: Unfinished = { line: '', id: undefined, data: [] };
  for await (const chunk of chunks) {
    const lines = (unfinished.line + chunk).split(/\r\n|\n|\r(?!$)/);
    const line = lines.pop() ?? '';
    for (const complete of lines) {
      if (complete === '' && unfinished.data.length > 0) {
        yield { id: unfinished.id, data: unfinished.data.join('\n') };
      }
      unfinished = complete === '' ? { ...unfinished, data: [] } : withField(unfinished, complete);
    }
    unfinished = { ...unfinished, line };
  }
}

function withField(unfinished: Unfinished, line: string): Unfinished {
  const colon = line.indexOf(':');
  const field = colon < 0 ? line : line.slice(0, colon);
  const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
  if (field === 'id') return { ...unfinished, id: value };
  return field === 'data' ? { ...unfinished, data: [...unfinished.data, value] } : unfinished;
}
