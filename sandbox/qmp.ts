import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';

/**
 * One command to QEMU's monitor (QEMU Machine Protocol): greeting, capabilities, command. Rejects when QEMU refuses it or does not
 * answer within 10 s.
 */
export async function qmp(socketPath: string, command: string): Promise<void> {
  const socket = createConnection(socketPath);
  socket.setTimeout(10_000, () => socket.destroy(new Error(`${socketPath} does not answer ${command}`)));
  const waiting = ['qmp_capabilities', command];
  const answers = waiting.length;
  let answered = 0;
  try {
    for await (const line of createInterface({ input: socket })) {
      const message: unknown = JSON.parse(line);
      if (typeof message !== 'object' || message === null) continue;
      if ('error' in message) throw new Error(`QEMU refuses ${command}: ${JSON.stringify(message.error)}`);
      if ('return' in message) answered += 1;
      if (answered === answers) return;
      if ('QMP' in message || 'return' in message) {
        socket.write(`${JSON.stringify({ execute: waiting.shift() })}\n`);
      }
    }
  } finally {
    socket.destroy();
  }
  throw new Error(`QEMU closed its monitor before it answered ${command}`);
}
