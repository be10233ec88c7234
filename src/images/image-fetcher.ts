import type { ImagesConfig } from '../config/images-section.js';
import { ImagoError, InvalidValue } from '../errors.js';
import type { DiskRoom } from './disk-room.js';
import type { FetchClient } from './fetch-client.js';
import { isPromised, type Digests } from './digests.js';
import { fetchImage, fetchInto, type FetchSettings } from './fetch-image.js';
import { FetchJob, type FetchSnapshot } from './fetch-job.js';
import type { Source } from './fetch-plan.js';
import { assertFileName, type ImageFolder } from './image-folder.js';
import { debian } from './source-debian.js';
import { fedoraCoreos } from './source-fedora-coreos.js';
import { flatcar } from './source-flatcar.js';

export const sourceNames = ['flatcar', 'fedora-coreos', 'debian'] as const;
export type SourceName = (typeof sourceNames)[number];

const sources: Readonly<Record<SourceName, (config: ImagesConfig) => Source>> = {
  flatcar,
  'fedora-coreos': fedoraCoreos,
  debian,
};

/** What to fetch: a version of a known system, or one file from an address into a version. */
export type FetchOrder =
  | { readonly source: SourceName; readonly version: string; readonly replace?: boolean }
  | {
      readonly url: string;
      readonly version: string;
      /** Its name in the folder of the version. */
      readonly name: string;
      readonly digests: Digests;
      /** Take it although nothing proves that it is the right one. */
      readonly isUnproven?: boolean;
      readonly replace?: boolean;
    };

export class FetchBusy extends ImagoError {
  readonly code = 'FETCH_BUSY';

  constructor(version: string) {
    super(
      `version ${version} is being fetched already: follow that with imagoctl images fetching, or cancel it`,
      { version },
    );
  }
}

export class DigestNeeded extends ImagoError {
  readonly code = 'DIGEST_NEEDED';

  constructor() {
    super(
      'nothing proves that what stands at an address is the right file: give its SHA-256 or SHA-512, or say that it may be unproven',
    );
  }
}

/** Fetches for the daemon: one fetching per version at a time, each followed by any number of people. */
export class ImageFetcher {
  readonly #jobs = new Map<string, FetchJob>();
  readonly #settled = new Set<Promise<void>>();

  constructor(
    private readonly folder: ImageFolder,
    private readonly config: () => ImagesConfig,
    private readonly client: FetchClient,
    private readonly room: DiskRoom,
    private readonly clock: () => Date,
    private readonly onEnd: (snapshot: FetchSnapshot) => void = () => {},
  ) {}

  /** Under way, and the last one of each version since the start. */
  jobs(): readonly FetchJob[] {
    return [...this.#jobs.values()];
  }

  job(version: string): FetchJob | undefined {
    return this.#jobs.get(version);
  }

  /** Begins; how it ends is in the job. @throws FetchBusy, DigestNeeded, InvalidValue, NoKeys */
  start(order: FetchOrder): FetchJob {
    const { version } = order;
    if (this.#jobs.get(version)?.snapshot.state === 'running') throw new FetchBusy(version);
    if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(version)) {
      throw new InvalidValue('a version', version, 'use letters, digits, dots, hyphens and underscores');
    }
    if ('url' in order) assertFileName(order.name);
    if ('url' in order && !isPromised(order.digests) && order.isUnproven !== true) throw new DigestNeeded();
    const fetch =
      'url' in order
        ? (job: FetchJob) => this.#fetchFile(job, order)
        : this.#fetching(sources[order.source](this.config()), order);
    const job = new FetchJob(version, 'url' in order ? 'url' : order.source);
    this.#jobs.set(version, job);
    const settled = this.#run(job, fetch);
    this.#settled.add(settled);
    void settled.finally(() => this.#settled.delete(settled));
    return job;
  }

  /** Cancels all and waits until they have let go of their files. */
  async close(): Promise<void> {
    for (const job of this.#jobs.values()) job.cancel();
    await Promise.all(this.#settled);
  }

  /** Never rejects: the job keeps what went wrong. */
  async #run(job: FetchJob, fetch: (job: FetchJob) => Promise<void>): Promise<void> {
    try {
      await job.run(() => fetch(job));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
    }
    this.onEnd(job.snapshot);
  }

  #fetching(source: Source, { version, replace = false }: FetchOrder) {
    return async (job: FetchJob): Promise<void> => {
      const plan = await source(version, { client: this.client, signal: job.signal });
      job.plan(
        plan.version,
        plan.files.map(({ name }) => name),
      );
      await fetchImage(plan, this.folder, this.#settings(job), { replace });
    };
  }

  async #fetchFile(job: FetchJob, order: Extract<FetchOrder, { url: string }>): Promise<void> {
    const { version, name, url, digests } = order;
    job.plan(version, [name]);
    await fetchInto(version, { name, url, digests }, this.folder, this.#settings(job), {
      replace: order.replace ?? false,
    });
  }

  #settings(job: FetchJob): FetchSettings {
    return {
      client: this.client,
      room: this.room,
      parts: this.config().parts,
      clock: this.clock,
      signal: job.signal,
      onProgress: (file) => job.progress(file),
    };
  }
}
