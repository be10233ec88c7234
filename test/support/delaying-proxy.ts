import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** A UDP port on loopback before another one, whose answers to each client it holds back: the first few, then none. */
export async function startDelayingProxy(
  target: number,
  { delayMs, answers }: { readonly delayMs: number; readonly answers: number },
): Promise<{ readonly port: number; close(): void }> {
  const front = createSocket('udp4');
  const sockets = new Map<number, Socket>();
  const timers = new Set<NodeJS.Timeout>();
  front.on('message', (request, { port, address }) => {
    let left = answers;
    const known = sockets.get(port);
    const back = known ?? createSocket('udp4');
    sockets.set(port, back);
    if (!known) {
      back.on('message', (answer) => {
        const timer = setTimeout(
          () => {
            timers.delete(timer);
            front.send(answer, port, address);
          },
          (left -= 1) >= 0 ? delayMs : 0,
        );
        timers.add(timer);
      });
    }
    back.send(request, target, '127.0.0.1');
  });
  front.bind(0, '127.0.0.1');
  await once(front, 'listening');
  return {
    port: front.address().port,
    close: () => {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of [front, ...sockets.values()]) socket.close();
    },
  };
}
