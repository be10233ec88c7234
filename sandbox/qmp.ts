import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 50;

/** A command of QEMU's monitor. */
export interface QmpCommand {
  readonly execute: string;
  readonly arguments?: Readonly<Record<string, unknown>>;
}

/**
 * Commands to QEMU's monitor (QEMU Machine Protocol), in order: greeting, capabilities, commands. Rejects when QEMU refuses one or
 * does not answer within 10 s.
 */
export async function qmp(socketPath: string, ...commands: readonly QmpCommand[]): Promise<void> {
  const socket = createConnection(socketPath);
  socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error(`${socketPath} does not answer`)));
  const waiting: QmpCommand[] = [{ execute: 'qmp_capabilities' }, ...commands];
  const answers = waiting.length;
  let answered = 0;
  try {
    for await (const line of createInterface({ input: socket })) {
      const message: unknown = JSON.parse(line);
      if (typeof message !== 'object' || message === null) continue;
      if ('error' in message) throw new Error(`QEMU refuses it: ${JSON.stringify(message.error)}`);
      if ('return' in message) answered += 1;
      if (answered === answers) return;
      if ('QMP' in message || 'return' in message) socket.write(`${JSON.stringify(waiting.shift())}\n`);
    }
  } finally {
    socket.destroy();
  }
  throw new Error(`QEMU closed its monitor before it answered ${commands.at(-1)?.execute}`);
}

/** A QEMU that was just started makes its monitor's socket within moments. */
export async function monitorThere(socketPath: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!existsSync(socketPath)) {
    if (performance.now() > deadline) throw new Error(`QEMU does not make ${socketPath}`);
    await delay(LOOK_EVERY_MS);
  }
}
