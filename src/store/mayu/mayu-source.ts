import { CannotConvert } from './convert-cluster.js';
import { accessSync, constants, existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readRef } from '../../git/branch-ref.js';
import { isObjectId, type ObjectId } from '../../git/object.js';
import { CLUSTER_FILE, HOST_FILE } from '../layout.js';

/** A cluster folder of Mayu, as it was found. */
export interface MayuSource {
  /** Where the files are that Mayu reads; undefined in a bare repository. */
  readonly workTree: string | undefined;
  /** Undefined where Mayu ran with `--no-git`. */
  readonly repository: { readonly gitDirectory: string; readonly head: ObjectId | undefined } | undefined;
  /** What Git ran after each change of Mayu's, by name. */
  readonly hooks: readonly string[];
}

/**
 * Finds the repository and the files of a folder: also of a linked work tree, of a bare repository, or of none.
 * @throws CannotConvert
 */
export function openMayuSource(folder: string): MayuSource {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    throw new CannotConvert(folder, ['there is no such folder']);
  const own = gitFolderOf(folder);
  if (own === undefined) {
    if (!looksLikeCluster(folder))
      throw new CannotConvert(folder, ['it has neither .git nor hosts: it is not a cluster folder']);
    return { workTree: folder, repository: undefined, hooks: [] };
  }
  const shared = textOf(join(own, 'commondir'));
  const gitDirectory = shared === undefined ? own : resolve(own, shared.trim());
  refuseStrange(folder, gitDirectory);
  return {
    workTree: own === folder ? undefined : folder,
    repository: { gitDirectory, head: headOf(folder, own, gitDirectory) },
    hooks: hooksIn(gitDirectory),
  };
}

/** `.git` as a folder, as the file of a linked work tree, or the folder itself when it is bare. */
function gitFolderOf(folder: string): string | undefined {
  const git = join(folder, '.git');
  const stats = statSync(git, { throwIfNoEntry: false });
  if (stats?.isDirectory()) return git;
  if (stats === undefined)
    return ['HEAD', 'objects', 'refs'].every((name) => existsSync(join(folder, name))) ? folder : undefined;
  const target = /^gitdir: (.+)$/.exec(readFileSync(git, 'utf8').trimEnd())?.[1];
  const linked = target === undefined ? undefined : resolve(folder, target);
  if (linked !== undefined && existsSync(linked)) return linked;
  throw new CannotConvert(folder, [
    `its .git names no repository (${target ?? 'nothing'}): git worktree repair in the repository that it is linked to puts it right`,
  ]);
}

function looksLikeCluster(folder: string): boolean {
  return (
    existsSync(join(folder, CLUSTER_FILE)) ||
    readdirSync(folder).some((name) => existsSync(join(folder, name, HOST_FILE)))
  );
}

/** Forms of a repository that imago does not read, each with the command that helps. */
function refuseStrange(folder: string, gitDirectory: string): void {
  const config = textOf(join(gitDirectory, 'config')) ?? '';
  const copy = 'take its files alone, without their history, by a copy of the folder without .git';
  const strange = [
    /^[ \t]*objectformat\s*=\s*sha256/im.test(config) && `its objects are named by SHA-256: ${copy}`,
    /^[ \t]*refstorage\s*=\s*reftable/im.test(config) &&
      `its branches are in a table: git -C ${folder} refs migrate --ref-format=files`,
    existsSync(join(gitDirectory, 'shallow')) &&
      `its history is cut off: git -C ${folder} fetch --unshallow, or ${copy}`,
  ].filter((fault) => fault !== false);
  if (strange.length > 0) throw new CannotConvert(folder, strange);
}

/** @param own of a linked work tree its own folder, which has its HEAD. */
function headOf(folder: string, own: string, gitDirectory: string): ObjectId | undefined {
  const head = (textOf(join(own, 'HEAD')) ?? '').trim();
  if (isObjectId(head)) return head;
  const branch = /^ref: (refs\/\S+)$/.exec(head)?.[1];
  if (branch === undefined)
    throw new CannotConvert(folder, ['its HEAD names no branch: git checkout of one puts it right']);
  return readRef(gitDirectory, branch);
}

function hooksIn(gitDirectory: string): readonly string[] {
  const config = textOf(join(gitDirectory, 'config')) ?? '';
  const configured = /^[ \t]*hookspath\s*=\s*(\S+)/im.exec(config)?.[1];
  const folder =
    configured === undefined ? join(gitDirectory, 'hooks') : resolve(gitDirectory, '..', configured);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => !name.endsWith('.sample') && mayRun(join(folder, name)));
}

function mayRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // Git passes over it too
  }
}

function textOf(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}
