import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isMissing, type ImagoError } from '../errors.js';
import type { ReachLimit } from '../limits.js';
import { NoRoom, type DiskRoom } from './disk-room.js';
import type { FetchAnswer, FetchClient } from './fetch-client.js';
import { statusFault } from './fetch-client.js';
import { FetchFailed, shownUrl } from './errors.js';
import { fileStream } from '../files/file-stream.js';
import { MirrorFlight } from './mirror-flight.js';
import {
  MirrorBusy,
  MirrorMissing,
  type MirroredFile,
  type MirroredVersion,
  type MirrorOrigin,
} from './mirrored-file.js';

export interface MirrorLog {
  info(facts: object, sentence: string): void;
  warn(facts: object, sentence: string): void;
}

/** Whoever lost his connection comes back for the rest within that. */
const LONELY_MS = 30_000;
/** One client has no more than this part of the places. */
const SHARES = 4;

interface Place {
  readonly client: string | undefined;
}

export interface MirrorOptions {
  /** For what was fetched; its own, since the least used of it goes when it grows too large. */
  readonly folder: string;
  readonly origins: () => Readonly<Record<string, MirrorOrigin>>;
  readonly mostBytes: () => number;
  readonly mostFetches: () => number;
  readonly room: DiskRoom;
  readonly reach: ReachLimit;
  readonly client: FetchClient;
  readonly clock: () => Date;
  readonly log: MirrorLog;
  /** For so long a file goes on coming that nobody reads. */
  readonly lonelyMs?: number;
}

/** How a file is wanted of which the whole address is known. */
export interface WantedUrl {
  /** A copy that old is served without asking. */
  readonly freshSeconds: number;
  readonly missing: () => ImagoError;
  /** Whose share of what is fetched it counts for; undefined for who needs none. */
  readonly client?: string | undefined;
  /** Who named the address, where neither the configuration nor an operator did, see `FetchClient.open`. */
  readonly named?: string | undefined;
}

const Entry = z.object({
  url: z.string(),
  etag: z.string().optional(),
  lastModified: z.string().optional(),
  fetched: z.iso.datetime().optional(),
  checked: z.iso.datetime(),
});
type Entry = z.output<typeof Entry>;

/**
 * Files of other servers, fetched once when the first machine asks: the rest of the rack reads along while they come. What is
 * there is served also when the origin is not.
 */
export class Mirror {
  /** From the first question until the file is whole, or failed. */
  readonly #coming = new Map<string, Promise<MirroredFile>>();
  readonly #flights = new Map<string, MirrorFlight>();
  readonly #landings = new Set<Promise<void>>();
  /** Who has files fetched: from the question to an origin until its file is there, or is given up. */
  readonly #places = new Set<Place>();
  #isClosed = false;

  constructor(private readonly options: MirrorOptions) {}

  /**
   * The caller closes it. Whoever asks for the same file meanwhile gets the same.
   * @param segments of the path below the origin, decoded
   * @param client Whose share of what is fetched it counts for; undefined for who needs none.
   * @throws MirrorMissing, MirrorBusy, FetchFailed
   */
  async open(name: string, segments: readonly string[], client?: string): Promise<MirroredFile> {
    const origins = this.options.origins();
    const origin = Object.hasOwn(origins, name) ? origins[name] : undefined;
    const isPlain =
      segments.length > 0 && segments.every((part) => part !== '' && part !== '.' && part !== '..');
    if (!origin || !isPlain) throw new MirrorMissing(name, segments.join('/'));
    return this.openUrl(`${origin.url}/${segments.map(encodeURIComponent).join('/')}`, {
      freshSeconds: origin.freshSeconds,
      missing: () => new MirrorMissing(name, segments.join('/')),
      client,
    });
  }

  /** The same for a file by its whole address. @throws what `missing` makes, MirrorBusy, FetchFailed */
  async openUrl(url: string, wanted: WantedUrl): Promise<MirroredFile> {
    // What one may have fetched, by who named it, is not the other's.
    const key = createHash('sha256')
      .update(wanted.named === undefined ? url : `${wanted.named} ${url}`)
      .digest('hex');
    const flight = this.#flights.get(key);
    if (flight) return flight.reader();
    const coming = this.#coming.get(key);
    if (coming) {
      // What comes of it belongs to who asked first; the file itself is then known to be there, or on its way.
      await coming;
      return this.openUrl(url, wanted);
    }
    const opened = this.#openOrFetch(key, url, wanted);
    this.#coming.set(key, opened);
    try {
      return await opened;
    } finally {
      this.#coming.delete(key);
    }
  }

  /** Why a file would not be fetched, whatever its server says; nothing is asked. */
  refusalOf(url: string, named?: string): Promise<ImagoError | undefined> {
    return this.options.client.refusalOf(url, named);
  }

  /** Ends what comes; its readers are cut off. What is asked for when the client is closed fails then, and begins nothing. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const flight of this.#flights.values()) flight.abort();
    await this.settled();
  }

  /** Resolves when nothing comes any more and all that came is where it belongs. */
  async settled(): Promise<void> {
    while (this.#landings.size > 0) await Promise.all(this.#landings);
  }

  async #openOrFetch(
    key: string,
    url: string,
    { freshSeconds, missing, client: asker, named }: WantedUrl,
  ): Promise<MirroredFile> {
    const { clock } = this.options;
    const entry = await this.#entry(key);
    const age = entry ? clock().getTime() - Date.parse(entry.checked) : Infinity;
    if (entry && age < freshSeconds * 1000) return this.#fileOf(key, entry);
    const place: Place = { client: asker };
    try {
      const answer = await this.#answerOf(url, named, entry, place);
      if (answer?.status === 200) return await this.#fetch(key, url, named, answer, place);
      answer?.body.destroy();
      if (!entry || (answer && answer.status !== 304)) throw missing();
      if (answer) await this.#record(key, { ...entry, checked: clock().toISOString() });
      return await this.#fileOf(key, entry);
    } finally {
      if (!this.#flights.has(key)) this.#places.delete(place);
    }
  }

  /** Of the origin; undefined where it is not asked, or is silent, and an old copy does. */
  async #answerOf(
    url: string,
    named: string | undefined,
    entry: Entry | undefined,
    place: Place,
  ): Promise<FetchAnswer | undefined> {
    try {
      this.#enter(place, url);
      return await this.options.client.persist(url, () => this.#ask(url, named, entry));
    } catch (error) {
      if (!entry || !(error instanceof FetchFailed || error instanceof MirrorBusy)) throw error;
      this.options.log.warn(
        { url: shownUrl(url), reason: error.message },
        'an old copy is served: its origin is not asked, or is silent',
      );
      return undefined;
    }
  }

  /** @throws MirrorBusy */
  #enter(place: Place, url: string): void {
    const { mostFetches, reach } = this.options;
    const { client } = place;
    const most = mostFetches();
    if (this.#places.size >= most) {
      reach('mirror-fetches', { url: shownUrl(url) });
      throw new MirrorBusy(most);
    }
    const share = Math.ceil(most / SHARES);
    const own = [...this.#places].filter((other) => other.client === client).length;
    if (client !== undefined && own >= share) {
      reach('mirror-fetches-per-client', { client, url: shownUrl(url) });
      throw new MirrorBusy(share, client);
    }
    this.#places.add(place);
  }

  async #ask(url: string, named: string | undefined, entry: Entry | undefined): Promise<FetchAnswer> {
    const conditions = {
      ...(entry?.etag !== undefined && { 'if-none-match': entry.etag }),
      ...(entry?.lastModified !== undefined && { 'if-modified-since': entry.lastModified }),
    };
    const answer = await this.options.client.open(url, conditions, undefined, named);
    if ([200, 304, 404, 410].includes(answer.status)) return answer;
    answer.body.destroy();
    throw statusFault(url, answer.status);
  }

  /** Begins; the first reader need not wait for the end. */
  async #fetch(
    key: string,
    url: string,
    named: string | undefined,
    answer: FetchAnswer,
    place: Place,
  ): Promise<MirroredFile> {
    const { folder, client, clock, log, lonelyMs = LONELY_MS } = this.options;
    if (this.#isClosed) {
      answer.body.destroy();
      throw new FetchFailed(url, 'imago ends');
    }
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${key}.part`);
    const begun = beginning(url, answer, clock());
    const admit = (more: number) => this.#admit(url, more);
    const version = versionOf(begun);
    const flight = await MirrorFlight.begin(url, path, answer, { client, named, admit, version, lonelyMs });
    this.#flights.set(key, flight);
    const reader = flight.reader();
    const landing = this.#land(key, path, flight, begun)
      .catch((error: unknown) => {
        log.warn({ url: shownUrl(url), reason: String(error) }, 'a mirrored file could not be kept');
      })
      .finally(() => {
        this.#landings.delete(landing);
        this.#places.delete(place);
      });
    this.#landings.add(landing);
    return reader;
  }

  /** @throws FetchFailed when so many bytes more are too many. */
  async #admit(url: string, bytes: number): Promise<void> {
    const { folder, mostBytes, room, reach } = this.options;
    const coming = [...this.#flights.values()].reduce((sum, flight) => sum + flight.written, 0);
    if (coming + bytes > mostBytes()) {
      reach('mirror-size', { url: shownUrl(url) });
      throw new FetchFailed(url, 'it is larger than what images.mirrorGigabytes leaves');
    }
    try {
      await room.assertRoom('it', folder, bytes);
    } catch (error) {
      throw error instanceof NoRoom ? new FetchFailed(url, error.message, { cause: error }) : error;
    }
  }

  async #land(key: string, path: string, flight: MirrorFlight, begun: Omit<Entry, 'checked'>): Promise<void> {
    const { clock, log } = this.options;
    try {
      await flight.fly();
      await utimes(path, clock(), clock());
      await rename(path, this.#pathOf(key));
      await this.#record(key, { ...begun, checked: clock().toISOString() });
      log.info({ url: begun.url, bytes: flight.size }, 'a file was mirrored');
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    } finally {
      this.#flights.delete(key);
      await flight.release();
    }
    await this.#prune(key);
  }

  async #fileOf(key: string, entry: Entry): Promise<MirroredFile> {
    const path = this.#pathOf(key);
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const now = this.options.clock();
      await utimes(path, now, now);
      return {
        ...versionOf(entry),
        size,
        read: ({ end = size - 1, ...part }) => fileStream(handle, { ...part, end }),
        close: () => handle.close(),
      };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #pathOf(key: string): string {
    return join(this.options.folder, `${key}.file`);
  }

  async #entry(key: string): Promise<Entry | undefined> {
    try {
      await stat(this.#pathOf(key));
      const text = await readFile(join(this.options.folder, `${key}.json`), 'utf8');
      return Entry.safeParse(JSON.parse(text)).data;
    } catch (error) {
      if (isMissing(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async #record(key: string, entry: Entry): Promise<void> {
    const path = join(this.options.folder, `${key}.json`);
    await writeFile(`${path}.new`, JSON.stringify(entry));
    await rename(`${path}.new`, path);
  }

  /** The longest unused go first, never the one that has just come; whoever reads one goes on reading. */
  async #prune(keep: string): Promise<void> {
    const { folder, mostBytes } = this.options;
    const names = (await readdir(folder)).filter((name) => name.endsWith('.file'));
    const files = await Promise.all(
      names.map(async (name) => ({ key: name.slice(0, -5), ...(await sizeAndUse(join(folder, name))) })),
    );
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { key, size } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= mostBytes()) return;
      if (key === keep) continue;
      await rm(join(folder, `${key}.json`), { force: true });
      await rm(this.#pathOf(key), { force: true });
      total -= size;
    }
  }
}

/** What is recorded of a file whose first bytes come at this moment. */
function beginning(url: string, { headers }: FetchAnswer, now: Date): Omit<Entry, 'checked'> {
  return {
    url: shownUrl(url),
    ...(typeof headers['etag'] === 'string' && { etag: headers['etag'] }),
    ...(typeof headers['last-modified'] === 'string' && { lastModified: headers['last-modified'] }),
    fetched: now.toISOString(),
  };
}

/** Of an origin without a tag, a file is another one each time it is fetched. */
function versionOf({ etag, lastModified, fetched }: Omit<Entry, 'checked'>): MirroredVersion {
  const time = lastModified === undefined ? NaN : Date.parse(lastModified);
  return {
    etag:
      etag !== undefined && /^(W\/)?"[^"]*"$/.test(etag)
        ? etag
        : fetched && `"${Date.parse(fetched).toString(36)}"`,
    lastModified: Number.isNaN(time) ? undefined : new Date(time),
  };
}

async function sizeAndUse(path: string): Promise<{ size: number; usedAt: number }> {
  const { size, mtimeMs } = await stat(path);
  return { size, usedAt: mtimeMs };
}
