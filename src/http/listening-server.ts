import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import type { LimitName } from '../limits.js';
import { ConnectionKeeper, type HandleRequest } from './connection-keeper.js';
import { connectionLimits, type ConnectionLimits } from './connection-limits.js';
import { HttpRequest, type Client } from './http-request.js';
import { bindSocket } from './bind-socket.js';
import { Handshakes } from './handshakes.js';
import { ListenFailed } from './http-errors.js';
import type { Listener } from './listeners.js';
import { createSecureServer, type Tls } from './secure-server.js';
import type { Traffic } from './traffic.js';

export interface ListeningServer {
  readonly listener: Listener;
  /** 0 of a socket. */
  readonly port: number;
  /** Accepts nobody more, lets answers end, then closes what is left. */
  close(): Promise<void>;
}

export interface ListenParts {
  readonly logger: Logger;
  readonly traffic: Traffic;
  /** For a listener over TLS. */
  readonly tls?: Tls | undefined;
  readonly limits?: ConnectionLimits;
}

/** @throws ListenFailed */
export async function listen(
  listener: Listener,
  handle: HandleRequest,
  { logger, traffic, tls, limits = connectionLimits }: ListenParts,
): Promise<ListeningServer> {
  const clientAt = (socket: Socket) => clientOf(socket, listener, traffic);
  const isOverTls = 'isOverTls' in listener && listener.isOverTls;
  const keeper = new ConnectionKeeper(traffic, handle, clientAt, isOverTls ? limits.mostOverTls : undefined);
  const options = {
    IncomingMessage: HttpRequest,
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    connectionsCheckingInterval: limits.connectionsCheckingInterval,
    maxHeaderSize: limits.maxHeaderSize,
    noDelay: true,
  };
  const take = (request: HttpRequest, response: ServerResponse) => keeper.take(request, response);
  const accept = (socket: Socket) => keeper.accept(socket);
  const handshakes = isOverTls ? new Handshakes(clientAt, traffic) : undefined;
  const server = handshakes
    ? createSecureServer(options, { tls, handshakes, accept }, take)
    : createServer(options, take);
  if (!handshakes) server.on('connection', accept);
  server.maxHeadersCount = limits.maxHeadersCount;
  server.setTimeout(limits.idleTimeout);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    logger.debug({ code: error.code, from: socket.remoteAddress }, 'malformed request');
    const limit = limitOfFault[error.code ?? ''];
    if (limit) traffic.reach(limit, { from: socket.remoteAddress });
    refuse(error, socket);
  });
  // Nothing here speaks another protocol: an Upgrade or CONNECT ends the connection.
  server.on('connect', (_request, socket) => socket.destroy());
  await bound(server, listener);
  server.on('error', (error) => logger.error({ err: error, ...listener }, 'HTTP server'));
  const port = 'socket' in listener ? 0 : (server.address() as AddressInfo).port;
  const close = () => {
    handshakes?.closeAll();
    return closed(server, limits);
  };
  return { listener, port, close };
}

/** The parser gave up: answer once, where that is still possible, and let go. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): void {
  // After a fault of TLS nothing can be sent, and an answer that waits would hold the connection.
  if (error.code === 'ECONNRESET' || error.code?.startsWith('ERR_SSL_') || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusLines[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  // A client that goes on sending would hold the socket half open.
  socket.once('finish', () => socket.destroy());
}

const statusLines: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Content Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const limitOfFault: Readonly<Record<string, LimitName>> = {
  HPE_HEADER_OVERFLOW: 'http-headers',
  ERR_HTTP_REQUEST_TIMEOUT: 'http-slow-requests',
};

function bound(server: Server, listener: Listener): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) =>
      reject(new ListenFailed(listener, error.code ?? error.message, { cause: error }));
    server.once('error', fail);
    const done = () => {
      server.off('error', fail);
      resolve();
    };
    if ('socket' in listener) bindSocket(server, listener.socket, done).catch(fail);
    else server.listen({ host: listener.address, port: listener.port, backlog: 1024 }, done);
  });
}

/**
 * Whoever comes by the socket is on this server, and counts as one address. Where operators alone are answered, no machine goes before
 * them, and this server does.
 */
function clientOf(
  { remoteAddress = '', localAddress = '' }: Socket,
  listener: Listener,
  traffic: Traffic,
): Client {
  if ('socket' in listener) return { address: 'socket', ip: undefined, isServer: true, isKnown: true };
  const server = listener.address === '0.0.0.0' ? localAddress : listener.address;
  const client = traffic.clientAt(remoteAddress, server);
  return listener.audience === 'operators' ? { ...client, isKnown: client.isServer } : client;
}

function closed(server: Server, { drainTimeout, idleCheckInterval }: ConnectionLimits): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), drainTimeout);
    // A connection whose last answer ends now would stay open for its keep-alive time.
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckInterval);
    server.close(() => {
      clearTimeout(force);
      clearInterval(idle);
      resolve();
    });
    server.closeIdleConnections();
  });
}
