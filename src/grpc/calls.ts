import {
  ServerInterceptingCall,
  type sendUnaryData,
  type Server,
  type ServerInterceptor,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import { cleanText, shorten } from '../errors.js';
import type { LimitName } from '../limits.js';
import { LimitedLog } from '../net/limited-log.js';
import type { CallPlaces } from './call-places.js';
import type { Connection, Connections } from './connections.js';
import type { GrpcServerParts } from './grpc-parts.js';
import type { Caller, Method } from './method.js';
import { CallRefused, grpcStatus, refusalOf, statusNamed, type GrpcStatus } from './status.js';

type Parts = Pick<GrpcServerParts, 'tls' | 'statusOf' | 'limits' | 'observer' | 'log' | 'clock'> & {
  readonly connections: Connections;
  readonly places: CallPlaces;
  /** Looks whether other certificates hold. */
  readonly renew: () => void;
};

type InterceptedCall = Parameters<ServerInterceptor>[1];
type EngineCall = ServerUnaryCall<Buffer, Buffer>;

/** The calls of one server: which may begin, how long they may take, and what they are answered. */
export class Calls {
  readonly #failures: LimitedLog<'error'>;

  constructor(private readonly parts: Parts) {
    const { log, clock } = parts;
    this.#failures = new LimitedLog({ error: (facts, text) => log.error(facts, text) }, clock);
  }

  serve(engine: Server, method: Method): void {
    const bytes = (message: Buffer) => message;
    const handle = (call: EngineCall, respond: sendUnaryData<Buffer>) =>
      void this.#answer(method, call, respond);
    engine.register(method.path, handle, bytes, bytes, 'unary');
  }

  /** Sees each call of a method from its beginning on, before any of its message is read. */
  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const { connections, observer, clock } = this.parts;
    const began = clock();
    let status: GrpcStatus | undefined;
    let isAnswered = false;
    const over = () => observer.called(path.slice(1), status ?? 'CANCELLED', (clock() - began) / 1000);
    const send = (own: GrpcStatus, message: string) => {
      status = own;
      call.sendStatus(statusObject(own, message));
    };
    return new ServerInterceptingCall(call, {
      start: (next) => {
        this.parts.renew();
        const connection = connections.at(call.getPeer());
        const obstacle = this.#obstacle(connection, call);
        if (obstacle || !connection) {
          if (obstacle) send(obstacle.status, obstacle.message);
          over();
          return;
        }
        const end = this.#begin(connection, path, {
          late: () => (isAnswered ? connection.socket.destroy() : send('DEADLINE_EXCEEDED', TOO_LATE)),
          over,
        });
        let hasBegun = false;
        next({
          onReceiveMetadata: (metadata, pass) => {
            hasBegun = true;
            pass(metadata);
          },
          onCancel: end,
        });
        // One that was given up before it began is never heard of again.
        if (!hasBegun) end();
      },
      sendMessage: (message, next) => {
        isAnswered = true;
        next(message);
      },
      sendStatus: (sent, next) => {
        status ??= statusNamed(sent.code);
        next(sent);
      },
    });
  };

  /** Takes the call's place. @returns gives it back, once */
  #begin(
    connection: Connection,
    path: string,
    { late, over }: { readonly late: () => void; readonly over: () => void },
  ): () => void {
    const { connections, places, limits, observer } = this.parts;
    const { address } = connection;
    connections.begin(connection);
    const timer = setTimeout(() => {
      observer.reach('grpc-call-time', { from: address, call: path });
      late();
    }, limits().callSeconds * 1000);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      places.leave(address);
      connections.end(connection);
      over();
    };
  }

  /** Why a call may not begin; where nothing is in its way, it has its place. */
  #obstacle(connection: Connection | undefined, call: InterceptedCall): CallRefused | undefined {
    if (!connection) return undefined;
    if (this.parts.tls?.clientCa !== undefined && connection.name === undefined) {
      return new CallRefused('UNAUTHENTICATED', 'show a certificate of the CA that this server names');
    }
    if (isPacked(call)) {
      return new CallRefused('UNIMPLEMENTED', 'compressed messages are not read: send them as they are');
    }
    const { address } = connection;
    const limit = this.parts.places.enter(address);
    return limit && this.#tooMuch(limit, address);
  }

  async #answer(method: Method, call: EngineCall, respond: sendUnaryData<Buffer>): Promise<void> {
    const { places } = this.parts;
    const caller = this.#callerOf(call);
    try {
      const bytes = await places.run(() => method.answer(call.request, caller));
      if (call.cancelled) return;
      if (!places.hold(bytes.length)) throw this.#tooMuch('grpc-answers', caller.address);
      call.once('cancelled', () => places.release(bytes.length));
      respond(null, bytes);
    } catch (error) {
      const { status, message, isOurs } = refusalOf(error, this.parts.statusOf);
      if (isOurs)
        this.#failures.write('error', method.path, { err: error, call: method.path }, 'gRPC: a call failed');
      respond(statusObject(status, message));
    }
  }

  #callerOf(call: EngineCall): Caller {
    const peer = call.getPeer();
    const { address = peer, name } = this.parts.connections.at(peer) ?? {};
    return { address, name };
  }

  #tooMuch(limit: LimitName, from: string): CallRefused {
    this.parts.observer.reach(limit, { from });
    return new CallRefused('RESOURCE_EXHAUSTED', 'imago has too many calls in work: try again in a moment');
  }
}

const TOO_LATE = 'the call took longer than imago allows';

/** Of a sentence that goes with a status: it is a header. */
const LONGEST_MESSAGE = 1000;

function statusObject(status: GrpcStatus, message: string) {
  return { code: grpcStatus[status], details: cleanText(shorten(message, LONGEST_MESSAGE)) };
}

/**
 * grpc-js unpacks each small message of a frame by an engine of its own: a few kilobytes would take hundreds of megabytes. What a call
 * has for an encoding is taken out of its metadata, and stands in this field alone.
 */
function isPacked(call: InterceptedCall): boolean {
  const encoding: unknown = Reflect.get(call, 'incomingEncoding');
  return encoding !== undefined && encoding !== 'identity';
}
