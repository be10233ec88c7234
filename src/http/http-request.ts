import { IncomingMessage, type ServerResponse } from 'node:http';
import type { Peer } from '../access/caller.js';
import type { Refuse } from './error-response.js';

/** The other end of a connection. */
export interface Client extends Peer {
  /** As text, however long or odd. */
  readonly address: string;
  /** The address is a host's, or one that imago leased. */
  readonly isKnown: boolean;
}

const nobody: Client = { address: '', ip: undefined, isServer: false, isKnown: false };

/** A request, and what is found out of it on its way: in fields, since many of these come at once. */
export class HttpRequest extends IncomingMessage {
  /** Stays known of a request that is cut off and has no socket any more. */
  client = nobody;
  /** Of its body, in bytes: counted until its answer is over. */
  heldBytes = 0;
  /** By `performance.now()`. */
  startedAt = 0;
  /** The path of its endpoint as the table has it: a label in the metrics. */
  route = 'other';
  /** What its endpoint answers in place of an error; undefined where that is imago's own. */
  refuse: Refuse | undefined = undefined;
  /** Whether its operator's proof still holds, while its body was waited for; throws where not. */
  proveAgain: (() => Promise<unknown>) | undefined = undefined;
  /** Called once nobody waits for the answer any more. */
  whenOver: ((request: HttpRequest, response: ServerResponse) => void) | undefined = undefined;
}
