import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { convertHistory, type HistoryParts } from './convert-history.js';
import { initRepository, repositoryPaths, type RepositoryPaths } from '../repository.js';
import { ImagoError } from '../../errors.js';

/** A folder that cannot be converted: every reason at once. */
export class CannotConvert extends ImagoError {
  readonly code = 'CANNOT_CONVERT';

  constructor(directory: string, faults: readonly string[], options?: ErrorOptions) {
    const listed = faults.length === 1 ? ` ${faults[0]}` : faults.map((fault) => `\n  ${fault}`).join('');
    super(`${directory} cannot be converted:${listed}`, { directory, faults }, options);
  }
}

export interface Conversion {
  readonly hosts: number;
  readonly commits: number;
}

export interface ConvertParts extends HistoryParts {
  readonly directory: string;
  readonly hosts: number;
  readonly beforeDone: (paths: RepositoryPaths) => Promise<void> | void;
}

/** In a folder beside the one wanted, which takes its name at the end: what is there is whole. */
export async function convertCluster({
  directory,
  hosts,
  beforeDone,
  ...history
}: ConvertParts): Promise<Conversion> {
  const unfinished = `${directory}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { recursive: true });
  const paths = repositoryPaths(unfinished);
  try {
    initRepository(paths);
    const commits = await convertHistory(history, paths);
    await beforeDone(paths);
    if (existsSync(directory)) rmSync(directory, { recursive: true });
    renameSync(unfinished, directory);
    return { hosts, commits };
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}
