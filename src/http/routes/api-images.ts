import type { Router, RouterContext } from '@koa/router';
import {
  FetchCommand,
  PieceQuery,
  RemovalQuery,
  UploadCompletion,
  type ImageFetch,
  type ImageFile,
  type ImageList,
  type ImageVerdict,
  type PieceTaken,
} from '../../api/images.js';
import { ImagoError } from '../../errors.js';
import { DEFAULT_PROFILE } from '../../host/profile.js';
import { osVersionOf } from '../../host/os-version.js';
import type { FetchSnapshot } from '../../images/fetch-job.js';
import type { FetchOrder } from '../../images/image-fetcher.js';
import type { FileOrigin } from '../../images/image-origin.js';
import { NotFound } from '../http-errors.js';
import { operatorOf } from '../operator.js';
import { bodyAs, queryAs } from '../parse-request.js';
import { readBytes } from '../read-body.js';
import { overSignal } from '../request-over.js';
import type { HttpServices } from '../services.js';

/** Bytes of an uploaded file in one call: few enough for a slow line within the time that a call may take. */
const LARGEST_PIECE = 8 << 20;

export class ImageInUse extends ImagoError {
  readonly code = 'IMAGE_IN_USE';

  constructor(version: string, profiles: readonly string[], hosts: number) {
    super(
      `version ${version} is used by ${profiles.length} profiles and ${hosts} hosts, which could not be installed any more: change them first, or remove it with ?force=true (imagoctl: --force)`,
      { version, profiles, hosts },
    );
  }
}

/** What images there are, and how they come and go. */
export function addApiImageRoutes(router: Router, services: HttpServices): void {
  const { config, store, stock, logger } = services;

  router.get('/api/v1/images', async (ctx) => {
    const users = usersOfVersions();
    const images = (await stock.folder.list()).map(({ version, source, files }) => ({
      version,
      ...(source !== undefined && { source }),
      files: files.map(({ name, bytes, sha256, origin }) => shownFile(name, bytes, sha256, origin)),
      ...users(version),
    }));
    ctx.body = {
      images,
      fetches: stock.fetcher.jobs().map((job) => shownFetch(job.snapshot)),
    } satisfies ImageList;
  });

  router.post('/api/v1/images/:version/fetch', async (ctx) => {
    const version = versionOf(ctx);
    const job = stock.fetcher.start(orderOf(version, await bodyAs(FetchCommand, ctx)));
    logger.info({ version, operator: operatorOf(ctx).name }, 'fetching an image');
    ctx.status = 201;
    ctx.body = shownFetch(job.snapshot);
  });

  router.get('/api/v1/images/:version/fetch', (ctx) => {
    ctx.set('Cache-Control', 'no-store');
    ctx.body = shownFetch(jobOf(ctx).snapshot);
  });

  router.delete('/api/v1/images/:version/fetch', (ctx) => {
    jobOf(ctx).cancel();
    ctx.status = 204;
  });

  router.post('/api/v1/images/:version/verification', async (ctx) => {
    const version = versionOf(ctx);
    const files = await stock.folder.verify(version, overSignal(ctx.res));
    const isWhole = files.every(({ condition }) => condition === 'whole' || condition === 'unlisted');
    ctx.body = { version, isWhole, files } satisfies ImageVerdict;
  });

  router.delete('/api/v1/images/:version', async (ctx) => {
    const version = versionOf(ctx);
    const { force } = queryAs(RemovalQuery, ctx);
    const { profiles, hosts } = usersOfVersions()(version);
    if (force !== 'true' && (profiles.length > 0 || hosts > 0))
      throw new ImageInUse(version, profiles, hosts);
    await stock.folder.remove(version);
    logger.info({ version, operator: operatorOf(ctx).name }, 'an image was removed');
    ctx.status = 204;
  });

  router.post('/api/v1/images/:version/uploads/:name', async (ctx) => {
    const { offset } = queryAs(PieceQuery, ctx);
    const bytes = await readBytes(ctx, LARGEST_PIECE);
    const received = await stock.uploads.piece(versionOf(ctx), ctx.params['name'] ?? '', offset, bytes);
    ctx.body = { received } satisfies PieceTaken;
  });

  router.post('/api/v1/images/:version/uploads/:name/completion', async (ctx) => {
    const [version, name] = [versionOf(ctx), ctx.params['name'] ?? ''];
    const { sha256, replace = false } = await bodyAs(UploadCompletion, ctx);
    const origin = await stock.uploads.complete(version, name, { sha256, replace });
    logger.info({ version, name, operator: operatorOf(ctx).name }, 'a file of an image was imported');
    ctx.status = 201;
    ctx.body = shownFile(name, origin.size, origin.sha256, origin);
  });

  function jobOf(ctx: RouterContext) {
    const job = stock.fetcher.job(versionOf(ctx));
    if (!job) throw new NotFound(ctx.path);
    return job;
  }

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
}

function versionOf(ctx: RouterContext): string {
  return ctx.params['version'] ?? '';
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
