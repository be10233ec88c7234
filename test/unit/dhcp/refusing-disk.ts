import { EventEmitter, once } from 'node:events';
import { open } from 'node:fs/promises';
import sinon from 'sinon';

interface Writable {
  write(bytes: Uint8Array, offset: number, length: number, position: number): Promise<unknown>;
}

/** Every file of this process refuses to be written until it is mended. Meanwhile no timer ends by itself. */
export class RefusingDisk {
  readonly #clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  readonly #refusals = new EventEmitter();
  readonly #stub: sinon.SinonStub;
  #isMended = false;

  /** @param reaching How many bytes of a refused write reach the disk all the same, of so many. */
  private constructor(files: Writable, reaching: (length: number) => number) {
    const { write } = files;
    const refusals = this.#refusals;
    this.#stub = sinon.stub(files, 'write').callsFake(async function (
      this: Writable,
      bytes,
      offset,
      length,
      position,
    ) {
      const part = reaching(length);
      if (part > 0) await write.call(this, bytes, offset, part, position);
      refusals.emit('refused');
      throw Object.assign(new Error('EROFS: read-only file system, write'), { code: 'EROFS' });
    });
  }

  static async insert(reaching: (length: number) => number = () => 0): Promise<RefusingDisk> {
    const file = await open('/dev/null');
    const files: Writable = Object.getPrototypeOf(file);
    await file.close();
    return new RefusingDisk(files, reaching);
  }

  /** Resolves when a write has been refused. */
  async refused(): Promise<void> {
    await once(this.#refusals, 'refused');
  }

  /** What was refused is tried again, and refused again. */
  async refusedAgain(): Promise<void> {
    const refused = this.refused();
    await this.#clock.tickAsync(1000);
    await refused;
  }

  /** What was refused is tried again, and taken. */
  async mend(): Promise<void> {
    if (this.#isMended) return;
    this.#isMended = true;
    this.#stub.restore();
    await this.#clock.tickAsync(1000);
    this.#clock.restore();
  }
}
