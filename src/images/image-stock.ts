import type { ImagesConfig } from '../config/images-section.js';
import type { ReachLimit } from '../limits.js';
import type { Outgoing } from '../net/outgoing.js';
import { DiskRoom } from './disk-room.js';
import { FetchClient } from './fetch-client.js';
import { ImageFetcher } from './image-fetcher.js';
import { ImageFolder } from './image-folder.js';
import { ImageUploads } from './image-uploads.js';
import { Mirror, type MirrorLog } from './mirror.js';

export interface ImageStock {
  readonly folder: ImageFolder;
  readonly fetcher: ImageFetcher;
  readonly uploads: ImageUploads;
  readonly mirror: Mirror;
  /** Breaks off what is being fetched; it can go on after a restart. */
  close(): Promise<void>;
}

export interface ImageStockParts {
  /** Of the versions. */
  readonly root: string;
  /** For what the mirrors fetched. */
  readonly mirrorFolder: string;
  /** As it stands now. */
  readonly config: () => ImagesConfig;
  /** Closed with the stock. */
  readonly outgoing: Outgoing;
  readonly reach: ReachLimit;
  readonly clock: () => Date;
  readonly log: MirrorLog;
}

/** How images come, and where they are kept. */
export function openImageStock({
  root,
  mirrorFolder,
  config,
  outgoing,
  reach,
  clock,
  log,
}: ImageStockParts): ImageStock {
  const client = new FetchClient({
    get stallSeconds() {
      return config().stallSeconds;
    },
    get tries() {
      return config().tries;
    },
    outgoing,
  });
  const folder = new ImageFolder(root);
  const room = new DiskRoom(
    () => ({
      reserveBytes: config().reserveGigabytes * 1e9,
      largestBytes: config().largestGigabytes * 1e9,
    }),
    reach,
  );
  const fetcher = new ImageFetcher(
    folder,
    config,
    client,
    room,
    clock,
    ({ version, source, state, error }) => {
      if (state === 'done') log.info({ version, source }, 'an image was fetched');
      else
        log.warn({ version, source, code: error?.code, reason: error?.message }, 'an image was not fetched');
    },
  );
  const mirror = new Mirror({
    folder: mirrorFolder,
    origins: () => config().mirrors,
    mostBytes: () => config().mirrorGigabytes * 1e9,
    mostFetches: () => config().mirrorFetches,
    room,
    reach,
    client,
    clock,
    log,
  });
  return {
    folder,
    fetcher,
    uploads: new ImageUploads(folder, room, clock),
    mirror,
    async close() {
      await Promise.all([fetcher.close(), mirror.close()]);
      await client.close();
      await mirror.settled();
    },
  };
}
