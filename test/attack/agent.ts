/**
 * A program of its own, in the namespace of a machine: carries out the requests that it reads, one line of JSON each, and answers
 * each with one line. It says what came back, whatever that is.
 */
import { createSocket } from 'node:dgram';
import { Agent, request as ask } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import type { Answer, Order } from './machine.js';

const SERVER = '10.75.0.1';
const WITHIN_MS = 3000;
const MOST_BYTES = 1 << 20;

let connections = new Agent({ keepAlive: true, maxSockets: 16 });

function byHttp({
  id,
  method = 'GET',
  path = '/',
  port = 4080,
  headers,
  body,
  from,
}: Order): Promise<Answer> {
  return new Promise((resolve) => {
    const failed = (error: Error) => resolve({ id, status: 0, body: '', fault: error.message });
    try {
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body, 'latin1') };
      const asked = ask(
        {
          host: SERVER,
          port,
          method,
          path,
          headers: { ...headers, ...length },
          agent: connections,
          ...(from !== undefined && { localAddress: from }),
          timeout: WITHIN_MS,
        },
        (response) => {
          let text = '';
          response.setEncoding('latin1').on('data', (part: string) => {
            text += part;
            if (text.length > MOST_BYTES) response.destroy();
          });
          response.on('error', failed);
          response.on('close', () =>
            resolve({
              id,
              status: response.statusCode ?? 0,
              body: `${response.rawHeaders.join('\n')}\n\n${text}`,
            }),
          );
        },
      );
      asked.on('error', failed);
      asked.on('timeout', () => asked.destroy(new Error('nothing came')));
      asked.end(body === undefined ? undefined : Buffer.from(body, 'latin1'));
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** RFC 1350: a whole file, or what the error says. */
function byTftp({ id, path = '', from }: Order): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    let text = '';
    const end = (status: number, fault?: string) => {
      clearTimeout(patience);
      socket.close();
      resolve({ id, status, body: text, ...(fault !== undefined && { fault }) });
    };
    const patience = setTimeout(() => end(0, 'nothing came'), WITHIN_MS);
    let wanted = 1;
    socket.on('error', (error) => end(0, error.message));
    socket.on('message', (bytes, { port, address }) => {
      const [opcode, block] = [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
      if (opcode === 5) return end(404, bytes.subarray(4).toString('latin1'));
      if (opcode !== 3 || block !== wanted) return undefined;
      text += bytes.subarray(4).toString('latin1');
      wanted += 1;
      const ack = Buffer.from([0, 4, block >> 8, block & 255]);
      const isLast = bytes.length < 516 || text.length > MOST_BYTES;
      socket.send(ack, port, address, () => {
        if (isLast) end(200);
      });
      return undefined;
    });
    socket.bind(0, from, () => {
      socket.send(Buffer.from(`\0\u0001${path}\0octet\0`, 'latin1'), 69, SERVER);
    });
  });
}

/** Bytes as they are, by TCP; what comes back until the other side, or patience, ends it. */
function byBytes({ id, port = 4080, body = '' }: Order): Promise<Answer> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host: SERVER, port });
    socket.setTimeout(WITHIN_MS, () => socket.destroy());
    socket.setEncoding('latin1').on('data', (part: string) => (text += part));
    socket.on('connect', () => socket.write(Buffer.from(body, 'latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () =>
      resolve({ id, status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), body: text }),
    );
  });
}

/** A datagram that is not waited for: from the port of DHCP clients, to whoever serves there. */
function bySingleDatagram({ id, port = 67, body = '' }: Order): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    const end = (fault?: string) => {
      socket.close();
      resolve({ id, status: fault === undefined ? 200 : 0, body: '', ...(fault !== undefined && { fault }) });
    };
    socket.on('error', (error) => end(error.message));
    socket.bind(port === 67 ? 68 : 0, () => {
      if (port === 67) socket.setBroadcast(true);
      const to = port === 67 ? '255.255.255.255' : SERVER;
      socket.send(Buffer.from(body, 'latin1'), port, to, (error) => end(error?.message));
    });
  });
}

const ways = { http: byHttp, tftp: byTftp, bytes: byBytes, datagram: bySingleDatagram } as const;

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as Order;
  if (order.by === 'nobody') {
    connections.destroy();
    connections = new Agent({ keepAlive: true, maxSockets: 16 });
    process.stdout.write(`${JSON.stringify({ id: order.id, status: 0, body: '' })}\n`);
    continue;
  }
  void ways[order.by ?? 'http'](order).then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
}
process.exit();
