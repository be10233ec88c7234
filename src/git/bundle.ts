import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { syncPath, writeDurably } from '../files/durable-file.js';
import { setRef } from './branch-ref.js';
import { DamagedFile } from './errors.js';
import { runLocalGit, type GitOptions } from './git-command.js';
import { isObjectId, type ObjectId } from './object.js';

/** Where a branch stands. */
export interface BranchTip {
  /** As in `refs/heads/main`. */
  readonly branch: string;
  readonly head: ObjectId;
}

/** Objects are read themselves, not what git derives of them. Of what is fetched the pack is kept as one. */
const SETTINGS = {
  'core.commitGraph': 'false',
  'core.multiPackIndex': 'false',
  'fetch.unpackLimit': '1',
};

/**
 * Puts a branch with its whole history into a file (gitformat-bundle) that `git clone` takes. Git looks at the objects alone, through
 * a repository made for the purpose: what the configuration of theirs says, who owns it, and whether the branch moves on
 * meanwhile is all the same.
 * @param objects the folder of objects, as in `.git/objects`.
 * @param scratch a folder to work in, which is made.
 * @throws GitFailed
 */
export async function makeBundle(
  objects: string,
  { branch, head }: BranchTip,
  file: string,
  scratch: string,
): Promise<void> {
  const view = join(scratch, 'view');
  mkdirSync(join(view, dirname(branch)), { recursive: true });
  mkdirSync(join(view, 'objects'));
  writeFileSync(join(view, 'HEAD'), `ref: ${branch}\n`);
  writeFileSync(join(view, branch), `${head}\n`);
  await git(view, ['bundle', 'create', '-q', file, 'HEAD', branch], { GIT_OBJECT_DIRECTORY: objects });
}

/**
 * Takes a bundle into a repository that is empty. Git hashes each object that comes, and sees that all that the branch leads to is there:
 * what is damaged, or belongs on top of another repository, is refused. Durable on return.
 * @throws GitFailed, DamagedFile for a bundle that does not say which branch is meant.
 */
export async function takeBundle(
  file: string,
  gitDirectory: string,
  scratchFolder: string,
): Promise<BranchTip> {
  await git(gitDirectory, ['bundle', 'verify', file]);
  const tip = tipIn(file, await git(gitDirectory, ['bundle', 'list-heads', file]));
  const words = ['fetch', '-q', '-u', '--no-tags', '--no-auto-maintenance', '--no-write-fetch-head'];
  await git(gitDirectory, [...words, file, `+${tip.branch}:${tip.branch}`]);
  setRef(gitDirectory, tip.branch, tip.head, join(scratchFolder, 'ref'));
  writeDurably(join(gitDirectory, 'HEAD'), Buffer.from(`ref: ${tip.branch}\n`));
  for (const folder of ['objects/pack', 'refs/heads', '.']) syncPath(join(gitDirectory, folder));
  return tip;
}

/** The branch that HEAD stands on, or the only one. */
function tipIn(file: string, heads: string): BranchTip {
  const refs = heads.split('\n').map((line) => ({ head: line.slice(0, 40), branch: line.slice(41) }));
  const head = refs.find(({ branch }) => branch === 'HEAD')?.head;
  const branches = refs.filter(({ branch }) => branch.startsWith('refs/heads/'));
  const [tip, another] = branches.filter((each) => head === undefined || each.head === head);
  if (!tip || (another && head === undefined) || !isObjectId(tip.head))
    throw new DamagedFile(file, 'it does not say which branch is the cluster’s');
  return tip;
}

function git(
  gitDirectory: string,
  words: readonly string[],
  environment: GitOptions['environment'] = {},
): Promise<string> {
  return runLocalGit(gitDirectory, words, { environment, settings: SETTINGS });
}
