import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifPresent } from '../files/if-present.js';
import type { DiskRoom } from './disk-room.js';
import type { FetchClient } from './fetch-client.js';
import { digestsOf, isPromised, mismatch, type Digests } from './digests.js';
import { FetchFailed, ImageExists, shownUrl } from './errors.js';
import { fetchFile } from './fetch-file.js';
import type { FetchPlan, PlannedFile } from './fetch-plan.js';
import { checkDetached } from './fetch-signature.js';
import type { FetchedFile } from './fetch-wanted.js';
import type { ImageFolder, StagedFile } from './image-folder.js';
import type { FileOrigin } from './image-origin.js';

/** How far one file is. */
export interface FileProgress {
  readonly name: string;
  readonly phase: 'waiting' | 'fetching' | 'checking' | 'done';
  readonly doneBytes: number;
  readonly totalBytes?: number | undefined;
  /** Why the connection was last made anew. */
  readonly interruption?: string | undefined;
}

export interface FetchSettings {
  readonly client: FetchClient;
  readonly room: DiskRoom;
  readonly parts: number;
  readonly smallestPart?: number;
  readonly clock: () => Date;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (file: FileProgress) => void;
}

/**
 * Fetches a whole version and makes it usable at once, or not at all. After a failure, started again, it goes on where it was.
 * @throws FetchFailed, ImageCorrupt, SignatureBad, ImageExists
 */
export async function fetchImage(
  plan: FetchPlan,
  folder: ImageFolder,
  settings: FetchSettings,
  { replace = false } = {},
): Promise<readonly StagedFile[]> {
  if (!replace && (await folder.has(plan.version))) throw new ImageExists(plan.version);
  const staging = await folder.staging(plan.version);
  await dropStrangers(staging, plan);
  const staged: StagedFile[] = [];
  for (const file of plan.files) staged.push(await fetchPlanned(file, staging, settings));
  await folder.publish(plan.version, plan.source, staged, { replace });
  return staged;
}

/** Fetches one file and adds it to a version. @throws as fetchImage */
export async function fetchInto(
  version: string,
  file: PlannedFile,
  folder: ImageFolder,
  settings: FetchSettings,
  { replace = false } = {},
): Promise<StagedFile> {
  const staged = await fetchPlanned(file, await folder.staging(version, file.name), settings);
  await folder.add(version, staged, { replace });
  return staged;
}

async function fetchPlanned(
  file: PlannedFile,
  staging: string,
  { client, room, parts, smallestPart, clock, signal, onProgress }: FetchSettings,
): Promise<StagedFile> {
  const path = join(staging, file.name);
  let progress: FileProgress = { name: file.name, phase: 'fetching', doneBytes: 0, totalBytes: file.size };
  const tell = (news: Partial<FileProgress>) => onProgress?.((progress = { ...progress, ...news }));
  tell({});
  const kept = await keptFrom(file, path, signal);
  const fetched =
    kept ??
    (await fetchFile(
      { url: file.url, path, size: file.size, digests: file.digests },
      {
        client,
        room,
        parts,
        ...(smallestPart !== undefined && { smallestPart }),
        signal,
        onProgress: (doneBytes, totalBytes) => tell({ doneBytes, totalBytes }),
        onInterruption: (interruption) => tell({ interruption }),
      },
    ));
  tell({ phase: 'checking', doneBytes: fetched.size, totalBytes: fetched.size });
  const signedBy = await signerOf(file, path, client, signal);
  tell({ phase: 'done' });
  return { name: file.name, origin: originOf(file, fetched, signedBy, clock()) };
}

/** What an earlier try has brought whole; only where it can be told that it is the right file. */
async function keptFrom(
  { digests, signature }: PlannedFile,
  path: string,
  signal: AbortSignal | undefined,
): Promise<FetchedFile | undefined> {
  if (!isPromised(digests) && !signature) return undefined;
  const stats = await ifPresent(stat(path));
  if (!stats) return undefined;
  const actual = await digestsOf(path, signal);
  return mismatch(digests, actual) === undefined ? { size: stats.size, digests: actual } : undefined;
}

async function signerOf(
  { url, signature, digestsSignedBy }: PlannedFile,
  path: string,
  client: FetchClient,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!signature) return digestsSignedBy;
  try {
    const bytes = await client.small(signature.url, signal, 1 << 20);
    if (!bytes) throw new FetchFailed(signature.url, 'there is no signature');
    return await checkDetached({ what: url, keys: signature.keys }, path, bytes, signal);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function originOf(
  { url, digests }: Pick<PlannedFile, 'url' | 'digests'>,
  fetched: FetchedFile,
  signedBy: string | undefined,
  time: Date,
): FileOrigin {
  return {
    url: shownUrl(url),
    size: fetched.size,
    sha256: fetched.digests.sha256,
    proof: proofOf(digests, signedBy),
    ...(signedBy !== undefined && { signedBy }),
    time: time.toISOString(),
  };
}

function proofOf(digests: Digests, signedBy: string | undefined): FileOrigin['proof'] {
  if (signedBy !== undefined) return 'signature';
  return isPromised(digests) ? 'digest' : 'none';
}

/** What an earlier try for other files left in the staging folder would become part of the version. */
async function dropStrangers(staging: string, { files }: FetchPlan): Promise<void> {
  const ours = new Set(files.flatMap(({ name }) => [name, `${name}.part`, `${name}.state`]));
  for (const name of await readdir(staging)) {
    const path = join(staging, name);
    if (!ours.has(name) && (await stat(path)).isFile()) await rm(path, { force: true });
  }
}
