import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** Holds its port and accepts nobody: its thread sleeps. */
const program = `
const { parentPort } = require('node:worker_threads');
const server = require('node:net').createServer();
server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
  parentPort.postMessage(server.address().port);
  setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
});
`;

export interface UnansweringAddress {
  readonly url: string;
  close(): Promise<void>;
}

/** Where connections are neither made nor refused: the queue of a server that sleeps is full. */
export async function unansweringAddress(): Promise<UnansweringAddress> {
  const worker = new Worker(program, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const queued: Socket[] = [];
  for (let place = 0; place < 2; place += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    queued.push(socket);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      for (const socket of queued) socket.destroy();
      await worker.terminate();
    },
  };
}
