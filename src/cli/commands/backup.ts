import { createWriteStream, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Args } from '@oclif/core';
import { fileReason, ImagoError } from '../../errors.js';
import { syncFolder } from '../../files/durable-file.js';
import { ImagoCommand } from '../imago-command.js';

interface Saved {
  readonly file: string;
  readonly bytes: number;
}

class CannotSave extends ImagoError {
  readonly code = 'CANNOT_SAVE';
}

export default class Backup extends ImagoCommand {
  static override summary = 'Save the whole cluster, with its history, to a file.';
  static override description = `A Git bundle of the cluster’s repository as it stands at one moment, checked to be whole; the daemon, which needs git for it, goes on meanwhile. \
In a folder it gets a name with the time. imagoctl restore takes it, and so does git clone.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> rack1.bundle',
    '<%= config.bin %> <%= command.id %> /var/backups/imago',
  ];
  static override args = {
    target: Args.string({
      ignoreStdin: true,
      required: true,
      description: 'the file, or a folder that is there',
    }),
  };

  async run(): Promise<Saved> {
    const { args, flags } = await this.parse(Backup);
    const api = await this.connect(flags);
    const file = fileFor(args.target, new Date());
    const unfinished = `${file}.part`;
    try {
      await pipeline(Readable.from(api.backup()), createWriteStream(unfinished, { flush: true }));
      await rename(unfinished, file);
      await syncFolder(dirname(file));
    } catch (error) {
      await rm(unfinished, { force: true });
      if (error instanceof Error && 'syscall' in error)
        throw new CannotSave(
          `${file} cannot be written: ${fileReason(error, { ENOENT: NO_FOLDER, ENOTDIR: NO_FOLDER })}`,
          {},
          { cause: error },
        );
      throw error;
    }
    const { size: bytes } = statSync(file);
    this.print([`${file}: ${bytes} bytes`]);
    return { file, bytes };
  }
}

const NO_FOLDER = 'there is no such folder: make it first';

function fileFor(target: string, now: Date): string {
  const isFolder = statSync(target, { throwIfNoEntry: false })?.isDirectory() ?? false;
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '');
  return isFolder ? join(target, `imago-${time}Z.bundle`) : target;
}
