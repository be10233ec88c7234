import type { FetchCommand, ImageFetch, ImageFile } from '../../api/images.js';
import { counted, ImagoError } from '../../errors.js';
import { DEFAULT_PROFILE } from '../../host/profile.js';
import { osVersionOf } from '../../host/os-version.js';
import type { FetchSnapshot } from '../../images/fetch-job.js';
import type { FetchOrder } from '../../images/image-fetcher.js';
import type { FileOrigin } from '../../images/image-origin.js';
import type { Handlers } from '../call.js';
import { NotFound } from '../http-errors.js';
import { readBytes } from '../read-body.js';
import { overSignal } from '../request-over.js';
import type { HttpServices } from '../services.js';

/** Bytes of an uploaded file in one call: few enough for a slow line within the time that a call may take. */
export const LARGEST_PIECE = 8 << 20;

export class ImageInUse extends ImagoError {
  readonly code = 'IMAGE_IN_USE';

  constructor(version: string, profiles: readonly string[], hosts: number) {
    super(
      `version ${version} is used by ${counted(profiles.length, 'profile')} and ${counted(hosts, 'host')}, which could not be installed any more: change them first, or remove it with ?force=true (imagoctl: --force)`,
      { version, profiles, hosts },
    );
  }
}

/** What images there are, and how they come and go. */
export function imageHandlers({
  config,
  store,
  stock,
  logger,
}: Pick<HttpServices, 'config' | 'store' | 'stock' | 'logger'>) {
  const jobOf = ({
    path,
    params,
  }: {
    readonly path: string;
    readonly params: { readonly version: string };
  }) => {
    const job = stock.fetcher.job(params.version);
    if (!job) throw new NotFound(path);
    return job;
  };

  /** Counted once for all versions. */
  function usersOfVersions() {
    const { profiles, defaultOsVersion } = config();
    const counts = new Map<string, number>();
    for (const host of store.hosts()) {
      const version = osVersionOf(host, config());
      if (version !== undefined) counts.set(version, (counts.get(version) ?? 0) + 1);
    }
    return (version: string) => ({
      profiles: profiles
        .filter(
          ({ name, osVersion }) =>
            osVersion === version || (name === DEFAULT_PROFILE && defaultOsVersion === version),
        )
        .map(({ name }) => name),
      hosts: counts.get(version) ?? 0,
    });
  }

  return {
    async listImages() {
      const users = usersOfVersions();
      const images = (await stock.folder.list()).map(({ version, source, files }) => ({
        version,
        ...(source !== undefined && { source }),
        files: files.map(({ name, bytes, sha256, origin }) => shownFile(name, bytes, sha256, origin)),
        ...users(version),
      }));
      return { images, fetches: stock.fetcher.jobs().map((job) => shownFetch(job.snapshot)) };
    },
    async fetchImage(call) {
      const { version } = call.params;
      const job = stock.fetcher.start(orderOf(version, await call.body()));
      logger.info({ version, operator: call.caller.name }, 'fetching an image');
      return shownFetch(job.snapshot);
    },
    getImageFetch(call) {
      call.ctx.set('Cache-Control', 'no-store');
      return shownFetch(jobOf(call).snapshot);
    },
    cancelImageFetch: (call) => jobOf(call).cancel(),
    async verifyImage({ ctx, params: { version } }) {
      const files = await stock.folder.verify(version, overSignal(ctx.res));
      const isWhole = files.every(({ condition }) => condition === 'whole' || condition === 'unlisted');
      return { version, isWhole, files: [...files] };
    },
    async removeImage(call) {
      const { version } = call.params;
      const { force } = call.query();
      const { profiles, hosts } = usersOfVersions()(version);
      if (force !== 'true' && (profiles.length > 0 || hosts > 0))
        throw new ImageInUse(version, profiles, hosts);
      await stock.folder.remove(version);
      logger.info({ version, operator: call.caller.name }, 'an image was removed');
    },
    async uploadImagePiece(call) {
      const { offset } = call.query();
      const { version, name } = call.params;
      const bytes = await readBytes(call.ctx, LARGEST_PIECE);
      return { received: await stock.uploads.piece(version, name, offset, bytes) };
    },
    async completeImageUpload(call) {
      const { version, name } = call.params;
      const { sha256, replace = false } = await call.body();
      const origin = await stock.uploads.complete(version, name, { sha256, replace });
      logger.info({ version, name, operator: call.caller.name }, 'a file of an image was imported');
      return shownFile(name, origin.size, origin.sha256, origin);
    },
  } satisfies Partial<Handlers>;
}

function orderOf(version: string, { replace = false, ...command }: FetchCommand): FetchOrder {
  if ('source' in command) return { source: command.source, version, replace };
  const { url, name, sha256, sha512, unproven = false } = command;
  return { url, version, name, digests: { sha256, sha512 }, isUnproven: unproven, replace };
}

function shownFile(
  name: string,
  bytes: number,
  sha256: string | undefined,
  origin: FileOrigin | undefined,
): ImageFile {
  return {
    name,
    bytes,
    ...(sha256 !== undefined && { sha256 }),
    ...(origin && { proof: origin.proof }),
    ...(origin?.signedBy !== undefined && { signedBy: origin.signedBy }),
    ...(origin?.url !== undefined && { url: origin.url }),
  };
}

function shownFetch({ version, source, state, files, error }: FetchSnapshot): ImageFetch {
  return {
    version,
    source,
    state,
    files: files.map(({ name, phase, doneBytes, totalBytes, interruption }) => ({
      name,
      phase,
      doneBytes,
      ...(totalBytes !== undefined && { totalBytes }),
      ...(interruption !== undefined && { interruption }),
    })),
    ...(error && { error }),
  };
}
