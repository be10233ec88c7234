import type { Message } from './message.js';

/** Who calls. */
export interface Caller {
  readonly address: string;
  /** Of its certificate; undefined where none is asked for. */
  readonly name: string | undefined;
}

/** One call of an API, with one message each way. */
export interface Method {
  /** As in `/rpcpb.Groups/GroupPut`. */
  readonly path: string;
  /** @throws DecodeError, CallRefused, and what the API's own work throws. */
  answer(request: Uint8Array, caller: Caller): Promise<Buffer>;
}

export function method<Q, A>(
  path: string,
  request: Message<Q>,
  answer: Message<A>,
  handle: (request: Q, caller: Caller) => A | Promise<A>,
): Method {
  return {
    path,
    answer: async (bytes, caller) => answer.encode(await handle(request.decode(bytes), caller)),
  };
}
