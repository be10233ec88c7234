import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { ImagoError } from '../errors.js';

/** What is done to the cluster's folder itself is done on the server, by the daemon's program. */
export const configFlag = Flags.string({
  default: 'conf/imago.yaml',
  env: 'IMAGO_CONFIG',
  helpValue: 'FILE',
  summary: 'The configuration of imago on this server.',
});

export class NotDoneHere extends ImagoError {
  readonly code = 'NOT_DONE';
}

/**
 * Runs imago, which stands beside imagoctl, to its end.
 * @param root the folder of the installation
 * @returns what it says
 * @throws NotDoneHere with what it complains of
 */
export function runDaemonProgram(root: string, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [join(root, 'bin', 'imago'), ...words], (error, stdout, stderr) => {
      if (!error) resolve(stdout.trimEnd());
      else reject(new NotDoneHere(stderr.trim().replace(/^imago: /, '') || error.message));
    });
  });
}
