import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Capabilities, type NewToken } from '../access/capabilities.js';
import type { CapabilityBook } from '../access/capability-book.js';
import { capabilityLine, forgottenLine, parseCapabilityLine } from '../access/capability-record.js';
import { LineJournal } from '../files/line-journal.js';
import type { HostStore } from '../host/host-store.js';
import type { Serial } from '../host/serial.js';
import { LimitedLog } from '../net/limited-log.js';
import type { BootPlace, Capability } from '../provision/machine-proof.js';

const FILE = 'capabilities.jsonl';
const FILE_MODE = 0o600;
const TOKEN_BYTES = 16;

export interface KeptCapabilitiesParts {
  /** `paths.state`. */
  readonly folder: string;
  readonly store: Pick<HostStore, 'host' | 'subscribe'>;
  /** In milliseconds. */
  readonly now: () => number;
  readonly log: Readonly<Record<'warn', (facts: object, message: string) => void>>;
}

/** The capabilities of machines, in memory and in a file: a crash of imago in the middle of an installation does not end one. */
export class KeptCapabilities implements CapabilityBook {
  readonly #stopWatching: () => void;

  private constructor(
    private readonly capabilities: Capabilities,
    private readonly journal: LineJournal,
    private readonly parts: KeptCapabilitiesParts,
  ) {
    this.#stopWatching = parts.store.subscribe(({ serial, host }) => {
      if (host === undefined && capabilities.forget(serial)) void journal.append(forgottenLine(serial));
    });
  }

  /** Takes up what the file says of hosts that there still are. */
  static async open(parts: KeptCapabilitiesParts): Promise<KeptCapabilities> {
    const { folder, store, now, log } = parts;
    const path = join(folder, FILE);
    const capabilities = new Capabilities();
    for (const line of await LineJournal.load(path)) {
      const record = parseCapabilityLine(line);
      if (record?.digest !== undefined && store.host(record.serial)) capabilities.put(record);
      else if (record) capabilities.forget(record.serial);
    }
    const limited = new LimitedLog<'warn'>(log, now);
    const journal = await LineJournal.start({
      path,
      mode: FILE_MODE,
      live: {
        get size() {
          return capabilities.size;
        },
        lines: () => Array.from(capabilities.all(), capabilityLine),
      },
      failed: (error) => {
        const facts = { path, error: error.message };
        limited.write(
          'warn',
          'journal',
          facts,
          'the disk refused to take what machines prove by: a restart forgets it',
        );
      },
    });
    return new KeptCapabilities(capabilities, journal, parts);
  }

  find(token: string): Capability | undefined {
    return this.capabilities.byDigest(digestOf(token));
  }

  bootOf(serial: Serial): string | undefined {
    return this.capabilities.bootOf(serial);
  }

  async give(serial: Serial, place: BootPlace): Promise<string> {
    const { token, kept } = this.capabilities.give(serial, place, this.parts.now(), newToken);
    await (kept ? this.journal.append(capabilityLine(kept)) : this.journal.settled());
    return token;
  }

  async used(serial: Serial, place: BootPlace | undefined): Promise<void> {
    const kept = this.capabilities.use(serial, place);
    if (kept) await this.journal.append(capabilityLine(kept));
  }

  async isUp(serial: Serial): Promise<void> {
    const kept = this.capabilities.end(serial);
    if (kept) await this.journal.append(capabilityLine(kept));
  }

  async close(): Promise<void> {
    this.#stopWatching();
    await this.journal.close();
  }
}

function newToken(): NewToken {
  const token = randomBytes(TOKEN_BYTES).toString('hex');
  return { token, digest: digestOf(token) };
}

/** A token is random: what is looked up by its digest tells nothing of how near a guess came. */
function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
