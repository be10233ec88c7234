import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { expect } from 'chai';
import { request } from 'undici';
import { Outgoing } from '../../../src/net/outgoing.js';
import { codeOf } from '../../support/rejection.js';

/** One reading of a socket: the parser is paused with nothing left to read when the connection ends. */
const body = Buffer.alloc(64 * 1024, 'a');

describe('a server that closes the connection before its answer is read', () => {
  let server: Server;
  let outgoing: Outgoing;
  beforeEach(() => {
    outgoing = new Outgoing();
  });
  afterEach(async () => {
    await outgoing.close();
    await new Promise((resolve) => server.close(resolve));
  });

  const cases: readonly {
    name: string;
    head: string;
    end: (socket: Socket) => void;
    want: readonly (number | string)[];
  }[] = [
    {
      name: 'and has sent all',
      head: `content-length: ${body.length}\r\n`,
      end: (socket) => socket.end(),
      want: [body.length],
    },
    { name: 'which is the end of the body', head: '', end: (socket) => socket.end(), want: [body.length] },
    {
      name: 'in the middle of a chunk',
      head: 'transfer-encoding: chunked\r\n',
      end: (socket) => socket.end(),
      want: ['undefined'],
    },
    {
      name: 'and has sent less than it said',
      head: `content-length: ${body.length + 7}\r\n`,
      end: (socket) => socket.end(),
      want: ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
    },
    {
      name: 'by a reset, less than it said',
      head: `content-length: ${body.length + 7}\r\n`,
      end: (socket) => socket.resetAndDestroy(),
      // As the end or as the error of the socket, whichever it tells first.
      want: ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_SOCKET'],
    },
  ];
  for (const { name, head, end, want } of cases) {
    it(`ends its answer and not the process: ${name}`, async () => {
      let finish = () => {};
      server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => {
          const size = head.includes('chunked') ? `${(body.length + 1).toString(16)}\r\n` : '';
          socket.write(`HTTP/1.1 200 OK\r\n${head}connection: close\r\n\r\n${size}`);
          socket.write(body);
          finish = () => end(socket);
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      const dispatcher = await outgoing.to(url, url);
      const answer = await request(url, { dispatcher });
      const gone = once(dispatcher, 'disconnect');
      finish();
      await gone;
      const outcome = await answer.body.arrayBuffer().then(
        (bytes) => bytes.byteLength,
        (error: unknown) => codeOf(error),
      );
      expect(outcome).to.be.oneOf([...want]);
    });
  }
});
