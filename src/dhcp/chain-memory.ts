import type { ClientKey } from './client-key.js';

/** Which iPXE was given another one, in which exchange. */
export interface Chain {
  /** Of the message that was answered so: the same exchange again is the same iPXE. */
  readonly xid: number;
  /** Milliseconds since 1970. */
  readonly until: number;
}

/** A stranger may make up as many clients as he likes. */
const MOST_CHAINS = 20_000;

/** The chains of clients that have no lease here. Not kept over a restart. */
export class ChainMemory {
  readonly #chains = new Map<ClientKey, Chain>();

  find(key: ClientKey): Chain | undefined {
    return this.#chains.get(key);
  }

  remember(key: ClientKey, chain: Chain): void {
    this.#chains.delete(key);
    this.#chains.set(key, chain);
    if (this.#chains.size <= MOST_CHAINS) return;
    for (const oldest of this.#chains.keys()) {
      this.#chains.delete(oldest);
      break;
    }
  }
}
