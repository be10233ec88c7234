import type { Dispatcher } from 'undici';

/** What is needed of undici's parser of responses; none of it is published. */
interface Parser {
  paused: boolean;
  statusCode: number;
  readonly ptr: unknown;
  readonly socket: { read(): Uint8Array | null };
  readonly llhttp: { llhttp_resume(ptr: unknown): void };
  execute(bytes: Uint8Array): void;
  finish: (this: Parser) => Error | null;
}

const mended = new WeakSet<object>();
const NOTHING = Buffer.alloc(0);

/**
 * undici 7, the last for Node.js 20, ends the process when a server closes a connection while the body it sent is not read yet: its
 * parser asserts in the socket's own event that it is not paused (nodejs/undici#5360; 8 is mended). From the first connection on it
 * reads on instead, to the end of what has come.
 */
export function mendUndici<D extends Dispatcher>(dispatcher: D): D {
  return dispatcher.on('connect', (_, targets) => {
    for (const target of targets) mendParserOf(target);
  });
}

function mendParserOf(client: object): void {
  const socket = hidden(client, 'socket');
  const parser = typeof socket === 'object' && socket !== null ? hidden(socket, 'parser') : undefined;
  if (!isParser(parser)) return;
  const prototype: unknown = Object.getPrototypeOf(parser);
  if (!isParser(prototype) || mended.has(prototype)) return;
  mended.add(prototype);
  const { finish } = prototype;
  prototype.finish = function (this: Parser) {
    let rest: Uint8Array | null = NOTHING;
    while (this.paused && this.statusCode !== 0 && rest !== null) {
      resume(this);
      rest = this.socket.read();
      this.execute(rest ?? NOTHING);
    }
    if (this.statusCode === 0) return null; // the body was whole
    if (this.paused) resume(this);
    return finish.call(this);
  };
}

function resume(parser: Parser): void {
  parser.llhttp.llhttp_resume(parser.ptr);
  parser.paused = false;
}

function hidden(holder: object, name: string): unknown {
  const symbol = Object.getOwnPropertySymbols(holder).find(({ description }) => description === name);
  return symbol && Reflect.get(holder, symbol);
}

function isParser(value: unknown): value is Parser {
  return (
    typeof value === 'object' && value !== null && 'finish' in value && typeof value.finish === 'function'
  );
}
