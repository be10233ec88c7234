import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { KernelPlan } from '../boot/boot-plan.js';
import type { BootAsker, BootSource } from '../boot/boot-source.js';
import { openInside, type OpenFile } from '../files/open-inside.js';
import { ownKey } from '../files/own-key.js';
import type { Host } from '../host/host.js';
import type { DiskRoom } from '../images/disk-room.js';
import type { FileOrigin } from '../images/image-origin.js';
import { ImageUploads } from '../images/image-uploads.js';
import type { ReachLimit } from '../limits.js';
import { LimitedLog } from '../net/limited-log.js';
import { tryParseMac, type MacAddress } from '../net/mac-address.js';
import { TextSigner } from '../net/signed-text.js';
import { bootOfOrder, withFile, type BootOrder } from './boot-order.js';
import { BOOTS_FILE, BootsFile, DAMAGED_FILE } from './boots-file.js';
import { BootsFull, UnknownBoot } from './errors.js';
import { FetchedFiles } from './fetched-files.js';
import { bootOf, isOver, MOST_MACHINES, ruleOf, type StaticBoot, type BootFile } from './static-boot.js';

const MOST_BOOTS = 32;
/** Faults of kept boots that the log names. */
const MOST_TOLD = 10;
const KEY = 'url-key';

export interface StaticBootsParts {
  /** Its own, for files and state. */
  readonly folder: string;
  readonly room: DiskRoom;
  readonly mostBytes: () => number;
  /** Whom imago takes the machine for: by its card, and by what it says. */
  readonly hostsOf: (asker: BootAsker) => readonly Host[];
  readonly urls: () => { readonly base: string; readonly bootIpxe: string };
  readonly reach: ReachLimit;
  readonly clock: () => Date;
  readonly log: {
    info(facts: object, sentence: string): void;
    warn(facts: object, sentence: string): void;
  };
}

/** What a machine asks for by a URL that it was given. */
export interface WantedFile {
  readonly boot: StaticBoot;
  readonly file: BootFile;
  readonly mac: MacAddress;
}

/** Boots that operators order without a profile, for any machine or some, once or for a time. */
export class StaticBoots {
  readonly source: BootSource = { name: 'static', find: (asker) => this.#find(asker) };
  /** What is brought, piece by piece. */
  readonly #uploads: ImageUploads;
  /** Bytes of files that are still coming, by boot and name. */
  readonly #coming = new Map<string, number>();
  readonly #fetched = new FetchedFiles();
  readonly #log: LimitedLog<'info'>;

  private constructor(
    private readonly parts: StaticBootsParts,
    private readonly signer: TextSigner,
    private readonly file: BootsFile,
    private boots: readonly StaticBoot[],
  ) {
    this.#log = new LimitedLog(parts.log, () => parts.clock().getTime());
    const staging = (id: string) => Promise.resolve(join(parts.folder, id));
    this.#uploads = new ImageUploads({ staging, add: () => Promise.resolve() }, parts.room, parts.clock);
  }

  /** With the boots that were ordered before a restart. */
  static async open(parts: StaticBootsParts): Promise<StaticBoots> {
    await mkdir(parts.folder, { recursive: true });
    const signer = new TextSigner(await ownKey(join(parts.folder, KEY)), 'boot');
    const file = new BootsFile(parts.folder);
    const { boots, faults } = await file.read();
    if (faults.length > 0) {
      const facts = { path: join(parts.folder, DAMAGED_FILE), kept: boots.length, leftOut: faults.length };
      parts.log.warn(
        { ...facts, faults: faults.slice(0, MOST_TOLD) },
        'some boots that operators ordered cannot be read any more: order them anew, then remove the copy of that file; until then no files of boots are cleared away',
      );
    }
    const all = new StaticBoots(parts, signer, file, boots);
    await all.#removeStrays();
    return all;
  }

  list(): readonly StaticBoot[] {
    return this.boots.filter((boot) => !isOver(boot, this.parts.clock()));
  }

  /** Files that are to be brought are awaited for an hour. @throws BootsFull, InvalidValue, StoreUnavailable */
  async order(order: BootOrder, by: string): Promise<StaticBoot> {
    await this.dropOver();
    const boot = bootOfOrder(randomBytes(4).toString('hex'), order, by, this.parts.clock());
    if (this.boots.length >= MOST_BOOTS) {
      this.parts.reach('static-boots', { by });
      throw new BootsFull(
        `${MOST_BOOTS} boots are ordered already, as many as may be: imagoctl boot --cancel those that are done`,
      );
    }
    try {
      await this.#keep([...this.boots, boot]);
    } catch (error) {
      this.boots = this.boots.filter(({ id }) => id !== boot.id);
      throw error;
    }
    const { id, macs, isOnce, until } = boot;
    this.parts.log.info({ boot: id, operator: by, macs, isOnce, until }, 'a boot was ordered');
    return boot;
  }

  /** Machines that fetch its files go on. @throws UnknownBoot */
  async cancel(id: string, by: string): Promise<void> {
    this.#named(id);
    await this.#remove([id]);
    this.parts.log.info({ boot: id, operator: by }, 'a boot was cancelled');
  }

  /** @returns how many bytes there are. @throws UnknownBoot, BootsFull, UploadGap, ImageTooLarge, NoRoom */
  async piece(id: string, name: string, offset: number, bytes: Uint8Array): Promise<number> {
    const { file } = this.#awaited(id, name);
    const key = `${id}/${file.name}`;
    const others = this.#bytes() - (this.#coming.get(key) ?? 0);
    const most = this.parts.mostBytes();
    if (others + offset + bytes.length > most) {
      this.parts.reach('static-boot-files', { boot: id, most });
      throw new BootsFull(
        `files of boots would be larger than boot.uploadGigabytes allows (${most / 1e9}): cancel others, or raise it`,
      );
    }
    // Its room is taken before it waits: others may come at the same time.
    const before = this.#coming.get(key) ?? 0;
    this.#coming.set(key, Math.max(before, offset + bytes.length));
    try {
      await mkdir(join(this.parts.folder, id), { recursive: true });
      const received = await this.#uploads.piece(id, file.name, offset, bytes);
      if (this.#isAwaited(id, name)) this.#coming.set(key, received);
      return received;
    } catch (error) {
      if (this.#isAwaited(id, name)) this.#coming.set(key, before);
      throw error;
    }
  }

  /** @throws UnknownBoot, UploadGap, ImageCorrupt */
  async complete(id: string, name: string, sha256: string): Promise<FileOrigin> {
    const { file } = this.#awaited(id, name);
    const origin = await this.#uploads.complete(id, file.name, { sha256, replace: true });
    this.#coming.delete(`${id}/${file.name}`);
    const boot = withFile(this.#named(id), file.name, origin.size, this.parts.clock());
    await this.#keep(this.boots.map((other) => (other.id === id ? boot : other)));
    return origin;
  }

  /** What a machine asks for. @throws UnknownBoot also for a URL that imago did not make */
  wanted(token: string): WantedFile {
    const [id = '', name = '', address = ''] = this.signer.read(token)?.split(' ') ?? [];
    const boot = this.list().find((other) => other.id === id);
    const file = boot?.files.find((other) => other.name === name);
    const mac = tryParseMac(address);
    if (!boot || !file || mac === undefined) throw new UnknownBoot(id, name);
    return { boot, file, mac };
  }

  /** A file that was brought; the caller closes it. @throws UnknownBoot */
  async open({ boot, file }: WantedFile): Promise<OpenFile> {
    const opened = await openInside(this.parts.folder, [boot.id, file.name]);
    if (!opened) throw new UnknownBoot(boot.id, file.name);
    return opened;
  }

  /** The machine has all of the file. With the last one it has booted, and one that was to boot once has had its turn. */
  async fetched({ boot: { id }, file, mac }: WantedFile): Promise<void> {
    const boot = this.boots.find((other) => other.id === id);
    if (!boot) return;
    if (!this.#fetched.has(boot, file.name, mac)) return;
    const facts = { boot: id, mac, by: boot.by };
    this.#log.write('info', `${id} ${mac}`, facts, 'a machine was booted as an operator ordered');
    if (!boot.isOnce || boot.booted.includes(mac)) return;
    if (boot.booted.length + 1 === MOST_MACHINES) this.parts.reach('static-boot-machines', { boot: id });
    const next = { ...boot, booted: [...boot.booted, mac] };
    await this.#keep(this.boots.map((other) => (other.id === id ? next : other)));
    await this.dropOver();
  }

  /** Removes what is over, with its files. To be called now and then. */
  async dropOver(): Promise<void> {
    const now = this.parts.clock();
    const over = this.boots.filter((boot) => isOver(boot, now)).map(({ id }) => id);
    if (over.length === 0) return;
    await this.#remove(over);
    for (const boot of over) this.parts.log.info({ boot }, 'a boot is over');
  }

  #find(asker: BootAsker) {
    if (this.boots.length === 0 || asker.mac === undefined) return undefined;
    const boot = bootOf(this.boots, asker, this.parts.hostsOf(asker), this.parts.clock());
    return boot && { plan: this.#planOf(boot, asker.mac), by: `boot ${boot.id}`, rule: ruleOf(boot) };
  }

  #planOf(boot: StaticBoot, mac: MacAddress): KernelPlan {
    const { base, bootIpxe } = this.parts.urls();
    const urlOf = ({ name, label }: BootFile) =>
      `${base}/boot-file/${this.signer.sign(`${boot.id} ${name} ${mac}`)}/${plainName(label) || name}`;
    const [kernel, ...initrds] = boot.files.map((file) => ({ name: file.name, url: urlOf(file) }));
    return {
      kind: 'kernel',
      purpose: 'other',
      label: `boot ${boot.id}`,
      kernel: kernel?.url ?? '',
      initrds,
      arguments: boot.arguments.map((text) => ({ text, from: 'operator' })),
      reason: ruleOf(boot),
      message: [`imago: ${boot.message || `boot ${boot.id}, ordered by ${boot.by}`}`],
      retry: bootIpxe,
    };
  }

  #named(id: string): StaticBoot {
    const boot = this.list().find((other) => other.id === id);
    if (!boot) throw new UnknownBoot(id);
    return boot;
  }

  /** @throws UnknownBoot also for a file that is there */
  #awaited(id: string, name: string) {
    const boot = this.#named(id);
    const file = boot.files.find((other) => other.name === name && other.bytes === undefined);
    if (!file) throw new UnknownBoot(id, name);
    return { boot, file };
  }

  #isAwaited(id: string, name: string): boolean {
    const boot = this.boots.find((other) => other.id === id);
    return boot?.files.some((file) => file.name === name && file.bytes === undefined) ?? false;
  }

  #bytes(): number {
    const there = this.boots.flatMap(({ files }) => files.map(({ bytes = 0 }) => bytes));
    return [...there, ...this.#coming.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  async #remove(ids: readonly string[]): Promise<void> {
    await this.#keep(this.boots.filter(({ id }) => !ids.includes(id)));
    const isOf = (key: string) => ids.some((id) => key.startsWith(id));
    for (const key of this.#coming.keys()) if (isOf(key)) this.#coming.delete(key);
    for (const id of ids) this.#fetched.forget(id);
    for (const id of ids) await rm(join(this.parts.folder, id), { recursive: true, force: true });
  }

  /** On disk before anybody is answered, in the order of the changes. @throws StoreUnavailable */
  async #keep(boots: readonly StaticBoot[]): Promise<void> {
    this.boots = boots;
    await this.file.save(boots);
  }

  /** Of boots that were dropped when imago was stopped. What a damaged list may have named stays while a copy of that is there. */
  async #removeStrays(): Promise<void> {
    const { folder } = this.parts;
    const names = await readdir(folder);
    if (names.includes(DAMAGED_FILE)) return;
    const own = new Set([...this.boots.map(({ id }) => id), BOOTS_FILE, KEY]);
    for (const name of names) {
      if (!own.has(name)) await rm(join(folder, name), { recursive: true });
    }
  }
}

/** As the last part of a URL, which kernels show as their name. */
function plainName(label: string): string {
  return label.replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 64);
}
