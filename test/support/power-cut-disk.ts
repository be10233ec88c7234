import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A disk whose power can be cut: an ext4 image on a loop device. A cut is a reflink of the image, made while it is written to: it
 * holds what had reached the disk at that moment and nothing else. The image lies on XFS, whose reflinks are one moment in time.
 */
export class PowerCutDisk {
  /** Where the disk is mounted. */
  readonly folder: string;
  readonly #outside: string;
  readonly #image: string;
  readonly #mounted: string[] = [];

  constructor(name: string, size = '256M') {
    this.#outside = mkdtempSync(join(tmpdir(), `imago-${name}-`));
    this.folder = join(this.#outside, 'disk');
    const xfs = join(this.#outside, 'xfs');
    this.#image = join(xfs, 'disk.img');
    for (const folder of [xfs, this.folder, this.#copy]) mkdirSync(folder);
    sh('truncate', '-s', '3G', `${xfs}.img`);
    sh('mkfs.xfs', '-q', '-m', 'reflink=1', `${xfs}.img`);
    this.#mount(`${xfs}.img`, xfs);
    sh('truncate', '-s', size, this.#image);
    sh('mkfs.ext4', '-q', this.#image);
    this.#mount(this.#image, this.folder);
  }

  get #copy(): string {
    return join(this.#outside, 'cut');
  }

  /** @param look gets the folder as it is after the power has come back. */
  async cut<T>(look: (folder: string) => Promise<T>): Promise<T> {
    const image = join(this.#outside, 'xfs', 'cut.img');
    sh('cp', '--reflink=always', this.#image, image);
    this.#mount(image, this.#copy);
    try {
      return await look(this.#copy);
    } finally {
      this.#unmount(this.#copy);
      rmSync(image);
    }
  }

  remove(): void {
    for (const folder of [...this.#mounted].reverse()) this.#unmount(folder);
    rmSync(this.#outside, { recursive: true });
  }

  #mount(image: string, folder: string): void {
    sh('mount', '-o', 'loop', image, folder);
    this.#mounted.push(folder);
  }

  /** Lazily: another mount namespace that was made meanwhile may hold on to it. */
  #unmount(folder: string): void {
    sh('umount', '--lazy', folder);
    this.#mounted.splice(this.#mounted.indexOf(folder), 1);
  }
}

function sh(command: string, ...words: string[]): void {
  execFileSync(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
