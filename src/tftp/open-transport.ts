import { openDatagramTransport } from './datagram-transport.js';
import { TftpListenFailed } from './errors.js';
import { loadLibc } from '../net/linux/libc.js';
import { openNativeTransport } from './native-transport.js';
import type { TftpLogger } from './observer.js';
import type { Transport, TransportOptions } from './transport.js';

/**
 * `batches`: many datagrams with one system call, on Linux. `dgram`: Node's own sockets, everywhere.
 * `auto`: the first where it can be had.
 */
export type TransportChoice = 'auto' | 'batches' | 'dgram';

/** @throws TftpListenFailed */
export async function openTransport(
  choice: TransportChoice,
  options: TransportOptions,
  log: TftpLogger,
): Promise<Transport> {
  try {
    const libc = choice === 'dgram' ? 'it was not asked for' : await loadLibc();
    if (typeof libc !== 'string') return openNativeTransport(libc, options);
    if (choice === 'batches') throw new Error(libc);
    if (choice === 'auto')
      log.warn({ reason: libc }, "datagrams are sent one by one through Node's own sockets");
    return await openDatagramTransport(options);
  } catch (error) {
    throw error instanceof Error ? new TftpListenFailed(options.address, options.port, error) : error;
  }
}
