import type { ServerResponse } from 'node:http';

/**
 * Calls once nobody waits for the answer any more: it has been sent, or its connection has closed; at once where that is so already.
 * An answer has its connection from the moment on that its request is taken up: `ConnectionKeeper` sees to it.
 */
export function whenOver(response: Pick<ServerResponse, 'closed' | 'once'>, act: () => void): void {
  if (response.closed) act();
  else response.once('close', act);
}

/** The same as a signal. */
export function overSignal(response: Pick<ServerResponse, 'closed' | 'once'>): AbortSignal {
  const over = new AbortController();
  whenOver(response, () => over.abort());
  return over.signal;
}
