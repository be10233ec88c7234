import { ImagoError } from '../errors.js';
import type { SourceName } from '../host/source-name.js';
import type { MacAddress } from '../net/mac-address.js';
import type { BootPlan } from './boot-plan.js';

/** A machine that asks what to boot, as far as anybody knows it. */
export interface BootAsker {
  /** The card that imago leased to, or else the one that it names. */
  readonly mac: MacAddress | undefined;
  /** As it writes them; the vendor may never have filled them in. */
  readonly uuid: string | undefined;
  readonly serial: string | undefined;
  /** All that it says of itself: the first value of each parameter. */
  readonly labels: Readonly<Record<string, string>>;
}

/** What a source says of a machine that it knows. */
export interface SourcedPlan {
  readonly plan: BootPlan;
  /** What in the source decided, as its users call it: `group node1`, `boot/mac/52:54:00:00:00:01`. */
  readonly by: string;
  /** Why it was that one, in a sentence. */
  readonly rule: string;
}

/** Somebody else than the hosts of imago who may know what a machine boots. Asking changes nothing. */
export interface BootSource {
  readonly name: Exclude<SourceName, 'hosts'> | 'static';
  /**
   * Undefined for a machine that it does not know.
   * @throws ImagoError where it cannot tell now: the machine waits, and its message says why
   */
  find(asker: BootAsker): SourcedPlan | undefined | Promise<SourcedPlan | undefined>;
}

/** Where the answer to a machine comes from. */
export type BootDecision =
  | { readonly from: 'hosts' }
  | ({ readonly from: BootSource['name'] } & SourcedPlan)
  /** Why no source can tell; `failing` names the one that would have to be well again first, none knows the machine without. */
  | { readonly from: 'nobody'; readonly obstacle: string; readonly failing?: BootSource['name'] };

const BY_HOSTS: BootDecision = { from: 'hosts' };

/** The sources of boot plans, in order. What lies before all is asked also for a host: an operator said so for this boot. */
export class BootSources {
  constructor(
    private readonly order: () => readonly SourceName[],
    private readonly source: (name: BootSource['name']) => BootSource | undefined,
  ) {}

  /**
   * The first that knows the machine decides. One that nobody knows becomes a host, where hosts are among the sources.
   * @param isHost Whether imago has it as a host, or its configuration names it.
   */
  async decide(asker: BootAsker, isHost: () => boolean): Promise<BootDecision> {
    const order = this.order();
    for (const name of ['static', ...order] as const) {
      if (name === 'hosts') {
        if (order.length === 1 || isHost()) return BY_HOSTS;
        continue;
      }
      const source = this.source(name);
      const decision = source && (await ask(source, asker));
      if (decision) return decision;
    }
    if (order.includes('hosts')) return BY_HOSTS;
    return { from: 'nobody', obstacle: `none of boot.sources (${order.join(', ')}) knows this machine` };
  }
}

async function ask(source: BootSource, asker: BootAsker): Promise<BootDecision | undefined> {
  try {
    const found = await source.find(asker);
    return found && { from: source.name, ...found };
  } catch (error) {
    if (!(error instanceof ImagoError)) throw error;
    return { from: 'nobody', obstacle: `${source.name}: ${error.message}`, failing: source.name };
  }
}

/** How a machine waits for whom no source can tell anything. */
export function planOfNobody(obstacle: string, retry: string): BootPlan {
  return {
    kind: 'wait',
    reason: obstacle,
    message: ['imago: this machine has to wait', `imago: ${obstacle}`],
    retry,
  };
}
