import { join } from 'node:path';
import type { SecretsConfig } from '../config/secrets-section.js';
import { ImagoError } from '../errors.js';
import { ownKey } from '../files/own-key.js';
import type { Host } from '../host/host.js';
import type { HostStore } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import type { ReachLimit } from '../limits.js';
import type { Alarm } from '../provision/alarms.js';
import type { SecretReader } from '../template/secret-reader.js';
import { TemplateFault } from '../template/template-fault.js';
import { ConfiguredTimes } from './configured-times.js';
import { decideDelivery, type Delivery, type DeliveryDecision, type SecretDocument } from './delivery.js';
import { DeliveryJournal } from './delivery-journal.js';
import { SecretsClosed, SecretsServed, SecretsUnproven } from './errors.js';
import { HandedOut } from './handed-out.js';
import { firstPass, inPasses } from './in-passes.js';
import { keyedHash } from './keyed-hash.js';
import { seal } from './seal.js';
import { SecretAlarms } from './secret-alarms.js';
import type { SecretNews, SecretOutcome } from './secret-news.js';
import type { Environment } from './read-source.js';
import { kindOfSecret, standIn, standInUrl, type StandIn } from './secret-text.js';
import { SecretValues } from './secret-values.js';
import { secretFor } from './whose-secret.js';

export interface MachineSecretsParts {
  /** As it stands now. */
  readonly config: () => SecretsConfig;
  /** Imago's own: the key of fingerprints, and what was handed out. */
  readonly folder: string;
  readonly environment: Environment;
  readonly store: Pick<HostStore, 'host' | 'history' | 'subscribe'>;
  readonly reach: ReachLimit;
  /** Told of each time that a machine asks. */
  readonly count: (outcome: SecretOutcome) => void;
  readonly clock: () => Date;
  readonly log: { info(facts: object, text: string): void; warn(facts: object, text: string): void };
}

/** How it is known which machine asks. */
export interface BootProof {
  readonly isProven: boolean;
  /** Names the boot, the same for all that it fetches and by whatever it is proven; undefined where boots are not told apart. */
  readonly boot: string | undefined;
  /** The asker shows the token of that boot: a lease tells the machine, and not which boot of it asks. */
  readonly isByToken: boolean;
}

export interface SecretAsker {
  readonly proof: BootProof;
  /** The key that the answer is to be sealed to. */
  readonly recipient: string | undefined;
}

/** What a machine fetches, made for the host as it is then. */
export type RenderWith = (host: Host, secrets: SecretReader) => Promise<string>;

/** What is shown of a secret where its value is not. */
export interface ListedSecret {
  readonly name: string;
  readonly kind: ReturnType<typeof kindOfSecret>;
  readonly fingerprint?: string | undefined;
  /** Why it cannot be had. */
  readonly fault?: string | undefined;
  readonly profiles?: readonly string[] | undefined;
  readonly hosts?: readonly string[] | undefined;
  readonly last?:
    | { readonly serial: Serial; readonly document: SecretDocument; readonly time: Date }
    | undefined;
}

/** An answer that may be given now. */
export interface PreparedAnswer {
  readonly body: string | Buffer;
  /** Absent where it holds no secrets, or was written down before. */
  readonly delivery?: Delivery;
}

/** Of what was handed out so long ago nothing is kept, whatever the window is. */
const KEPT_MS = 30 * 24 * 3600_000;

interface Open {
  readonly key: Buffer;
  readonly journal: DeliveryJournal;
}

/** Secrets for one machine only: shown as fingerprints, handed out once to each boot of the machine that is proven to ask. */
export class MachineSecrets {
  readonly #values: SecretValues;
  readonly #alarms: SecretAlarms;
  readonly #configured: ConfiguredTimes;
  readonly #handed = new HandedOut();
  readonly #watchers = new Set<(news: SecretNews) => void>();
  /** One asker for one thing after the other. */
  readonly #turns = new Map<string, Promise<unknown>>();
  #open: Promise<Open> | undefined;

  constructor(private readonly parts: MachineSecretsParts) {
    this.#values = new SecretValues(parts.config, parts.environment);
    this.#configured = new ConfiguredTimes(parts.store, parts.clock);
    this.#alarms = new SecretAlarms(parts);
  }

  /**
   * Has its folder in order, and looks at each secret now, not when a machine boots: what is wrong is an alarm. A program that
   * hangs does not hold up the start.
   * @throws what the folder's system says
   */
  async start(): Promise<void> {
    if (Object.keys(this.parts.config().named).length === 0) return;
    await this.#opened();
    this.look();
  }

  /** Looks at each secret, now that another configuration is in force. */
  look(): void {
    void this.#lookAtAll();
  }

  /** Never rejects. */
  async #lookAtAll(): Promise<void> {
    const { config, log } = this.parts;
    try {
      for (const name of Object.keys(config().named)) {
        const { fault } = await this.#shown(name, (await this.#opened()).key);
        if (fault !== undefined) log.warn({ secret: name }, fault);
      }
    } catch (error) {
      log.warn({ err: error }, 'secrets cannot be looked at now');
    }
  }

  alarms(): readonly Alarm[] {
    return this.#alarms.list((name) => Object.hasOwn(this.parts.config().named, name));
  }

  /** Until the returned function is called. */
  subscribe(watcher: (news: SecretNews) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** With name and fingerprint in place of each value. @throws TemplateFault, SecretUnusable */
  async preview(host: Host, render: RenderWith): Promise<string> {
    try {
      return await this.#previewWith(standIn, host, render);
    } catch (error) {
      if (!(error instanceof TemplateFault)) throw error;
      const asUrl = await this.#previewWith(standInUrl, host, render).catch(() => undefined);
      if (asUrl === undefined) throw error;
      return asUrl;
    }
  }

  async #previewWith(shown: StandIn, host: Host, render: RenderWith): Promise<string> {
    const { text } = await inPasses((secrets) => render(host, secrets), {
      check: (name) => void this.#secretFor(name, host),
      standIn: shown,
      resolve: async (name) => {
        const secret = this.#secretFor(name, host);
        const { key } = await this.#opened();
        return shown(name, (await this.#values.fingerprint(name, secret, key)) ?? 'minted');
      },
      showsFaults: true,
    });
    return text;
  }

  /** What it asks for, with stand-ins. The text is undefined where a stand-in does not fit. @throws TemplateFault */
  draft(host: Host, render: RenderWith): ReturnType<typeof firstPass> {
    return firstPass((secrets) => render(host, secrets), {
      check: (name) => void this.#secretFor(name, host),
      standIn,
    });
  }

  /** Nobody else is answered for that machine and document meanwhile. */
  async inTurn<T>(serial: Serial, document: SecretDocument, act: () => Promise<T>): Promise<T> {
    const key = keyOf(serial, document);
    const turn = (this.#turns.get(key) ?? Promise.resolve()).then(act, act);
    this.#turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key) === turn) this.#turns.delete(key);
    }
  }

  /**
   * The answer with the secrets in it, if the asker may have it. Nothing is handed out by it, and nothing recorded.
   * @param names Those of the draft.
   * @throws SecretsUnproven, SecretsClosed, SecretsServed, SecretUnusable, TemplateFault
   */
  async prepare(
    host: Host,
    document: SecretDocument,
    names: readonly string[],
    { proof, recipient }: SecretAsker,
    render: RenderWith,
  ): Promise<PreparedAnswer> {
    const { config, clock } = this.parts;
    const { key, journal } = await this.#opened();
    const configuredAt = await this.#configuredAt(host, journal);
    const boot = keyedHash(key, 'boot', proof.boot ?? `configured ${configuredAt ?? ''}`);
    const sealedTo = recipient === undefined ? '' : keyedHash(key, 'recipient', recipient);
    const decideFor = (asked: readonly string[]): DeliveryDecision =>
      decideDelivery(
        {
          isProven: proof.isProven,
          boot,
          isBootKnown: proof.boot !== undefined && proof.isByToken,
          recipient: sealedTo,
          state: host.state,
          isForEveryBoot: asked.every((name) => this.#secretFor(name, host).everyBoot),
          configuredAt,
          windowMs: config().windowHours * 3600_000,
          now: clock().getTime(),
        },
        journal.ledger.of(host.serial, document),
      );
    const early = decideFor(names);
    this.#refuseUnless(early, host.serial, document);
    const kept = early.kind === 'repeat' ? this.#handed.get(keyOf(host.serial, document)) : undefined;
    if (kept !== undefined) {
      this.parts.count('repeated');
      return { body: kept };
    }
    const passed = await inPasses((secrets) => render(host, secrets), {
      check: (name) => void this.#secretFor(name, host),
      standIn,
      resolve: (name) => this.#resolve(name, host, boot),
      showsFaults: false,
    });
    // Values can decide which further secrets are asked for.
    const decision = decideFor(passed.names);
    this.#refuseUnless(decision, host.serial, document);
    const digest = keyedHash(key, 'answer', passed.text);
    const body = recipient === undefined ? passed.text : await seal(passed.text, recipient);
    if (decision.kind === 'repeat') {
      // Imago was restarted since, or had no room: only the very same is given again.
      const isSame = decision.delivery.digest === digest;
      const reason = `imago was restarted since it handed ${document} to this boot, and would hand out something else now`;
      this.#refuseUnless(isSame ? decision : { kind: 'served', reason }, host.serial, document);
      this.#handed.put(keyOf(host.serial, document), body, decision.delivery.at);
      this.parts.count('repeated');
      return { body };
    }
    const at = clock().getTime();
    const delivery = {
      serial: host.serial,
      document,
      boot,
      at,
      names: passed.names,
      digest,
      recipient: sealedTo,
    };
    return { body, delivery };
  }

  /** Written down, durably, before it may be answered. @throws SecretsNotRecorded */
  async deliver({ body, delivery }: PreparedAnswer): Promise<string | Buffer> {
    if (!delivery) return body;
    const { journal } = await this.#opened();
    await journal.record(delivery);
    const { serial, document, names, at } = delivery;
    if (this.#handed.put(keyOf(serial, document), body, at)) this.parts.reach('secret-answers', { serial });
    this.parts.count('served');
    this.#logDelivery({ serial, document, secrets: names });
    this.#tell({ code: 'handed-out', serial, what: `${document} was handed out with ${names.join(', ')}` });
    return body;
  }

  /** While a host runs it can be its firmware that asks, or any process on it: who sees to it can tell by when it booted. */
  #logDelivery(facts: {
    readonly serial: Serial;
    readonly document: string;
    readonly secrets: readonly string[];
  }) {
    const { store, log } = this.parts;
    if (store.host(facts.serial)?.state !== 'running') log.info(facts, 'secrets were handed out');
    else log.warn(facts, 'secrets of everyBoot were handed out to a machine that runs: did it boot now?');
  }

  /** An operator has it configured once more, also where it was already. */
  async reopen(serial: Serial): Promise<void> {
    if (Object.keys(this.parts.config().named).length === 0) return;
    const { journal } = await this.#opened();
    await journal.record({ serial, reopened: this.parts.clock().getTime() });
    this.#alarms.settle(serial);
  }

  async list(): Promise<readonly ListedSecret[]> {
    const { key, journal } = await this.#opened();
    const entries = Object.entries(this.parts.config().named);
    return Promise.all(
      entries.map(async ([name, secret]): Promise<ListedSecret> => {
        const last = journal.ledger.last(name);
        const { profiles, hosts } = secret;
        return {
          name,
          kind: kindOfSecret(secret),
          ...(await this.#shown(name, key)),
          profiles,
          hosts,
          last: last && { serial: last.serial, document: last.document, time: new Date(last.at) },
        };
      }),
    );
  }

  async close(): Promise<void> {
    this.#configured.close();
    await Promise.allSettled(this.#turns.values());
    if (this.#open) await (await this.#open).journal.close();
  }

  async #shown(name: string, key: Buffer): Promise<Pick<ListedSecret, 'fingerprint' | 'fault'>> {
    const secret = this.parts.config().named[name];
    if (!secret) return {};
    // It is not run to be looked at: how it fared for the last machine stands.
    if (secret.program !== undefined) return { fault: this.#alarms.faultOf(name) };
    try {
      const fingerprint = await this.#values.fingerprint(name, secret, key);
      this.#alarms.works(name);
      return { fingerprint };
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      this.#alarms.fails(name, error);
      return { fault: error.message };
    }
  }

  async #resolve(name: string, host: Host, boot: string): Promise<string> {
    try {
      const text = await this.#values.text(name, this.#secretFor(name, host), host, boot);
      this.#alarms.works(name);
      return text;
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      this.#alarms.fails(name, error);
      this.parts.count('unusable');
      throw error;
    }
  }

  #secretFor(name: string, host: Host) {
    return secretFor(name, host, this.parts.config().named);
  }

  /** One that only now becomes a host is configured by what it asks. */
  async #configuredAt({ serial, state }: Host, { ledger }: DeliveryJournal): Promise<number | undefined> {
    if (state === 'running') return undefined;
    const at = await this.#configured.of(serial);
    return Math.max(at, ledger.reopenedAt(serial) ?? -Infinity);
  }

  #refuseUnless(decision: DeliveryDecision, serial: Serial, document: SecretDocument): void {
    if (decision.kind === 'serve' || decision.kind === 'repeat') return;
    this.parts.count(decision.kind === 'served' ? 'served-already' : decision.kind);
    if (decision.kind === 'unproven') throw new SecretsUnproven(serial);
    if (decision.kind === 'closed') throw new SecretsClosed(serial, decision.reason);
    const refusal = new SecretsServed(serial, document, decision.reason);
    if (this.#alarms.asked(refusal)) {
      this.parts.log.warn({ serial, document }, refusal.message);
      this.#tell({ code: 'asked-again', serial, what: `secrets were asked for again: ${decision.reason}` });
    }
    throw refusal;
  }

  #tell(news: Omit<SecretNews, 'time'>): void {
    const told = { ...news, time: this.parts.clock() };
    for (const watcher of this.#watchers) watcher(told);
  }

  #opened(): Promise<Open> {
    this.#open ??= this.#openFolder();
    // A disk that could not be written to is tried again.
    this.#open.catch(() => (this.#open = undefined));
    return this.#open;
  }

  async #openFolder(): Promise<Open> {
    const { folder, store, clock, config } = this.parts;
    const journal = await DeliveryJournal.open(join(folder, 'deliveries'), {
      since: () => clock().getTime() - Math.max(KEPT_MS, config().windowHours * 3600_000),
      isHost: (serial) => store.host(serial) !== undefined,
      isNamed: (name) => Object.hasOwn(config().named, name),
    });
    return { key: await ownKey(join(folder, 'key')), journal };
  }
}

function keyOf(serial: Serial, document: SecretDocument): string {
  return `${document} ${serial}`;
}
