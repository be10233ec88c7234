import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { DiskRoom } from '../../../src/images/disk-room.js';
import { ImageFolder } from '../../../src/images/image-folder.js';
import { ImageUploads } from '../../../src/images/image-uploads.js';
import { codeOf, rejection } from '../../support/rejection.js';

describe('files that operators bring', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'imago-uploads-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('end where they would be too large or leave the disk too little, by any piece', async () => {
    let free = 1000;
    const reached: string[] = [];
    const room = new DiskRoom(
      () => ({ reserveBytes: 100, largestBytes: 50 }),
      (name) => reached.push(name),
      async () => free,
    );
    const uploads = new ImageUploads(new ImageFolder(folder), room, () => new Date(0));
    const piece = (offset: number, bytes: number) =>
      uploads.piece('v1', 'a.raw', offset, Buffer.alloc(bytes));
    expect(await piece(0, 40)).to.equal(40);
    expect(codeOf(await rejection(piece(40, 11)))).to.equal('IMAGE_TOO_LARGE');
    free = 109;
    expect(codeOf(await rejection(piece(40, 10)))).to.equal('NO_ROOM');
    free = 110;
    expect(await piece(40, 10)).to.equal(50);
    expect(codeOf(await rejection(piece(1e15, 1)))).to.equal('IMAGE_TOO_LARGE');
    expect(reached).to.deep.equal(['image-size', 'disk-reserve', 'image-size']);
    expect(await readdir(join(folder, '.incoming', 'v1+a.raw'))).to.deep.equal(['a.raw.upload']);
  });
});
