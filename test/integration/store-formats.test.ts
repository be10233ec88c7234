import { expect } from 'chai';
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Serial } from '../../src/host/serial.js';
import { ClusterFolder } from '../support/cluster-folder.js';
import { rejection } from '../support/rejection.js';

describe('a cluster folder that git made', function () {
  this.timeout(20_000);
  let folder: ClusterFolder;
  beforeEach(() => {
    folder = new ClusterFolder();
  });
  afterEach(() => folder.remove());

  it('with objects of SHA-256 is refused, nothing is written into it, and the way out is named', async () => {
    folder.git('init', '-q', '-b', 'main', '--object-format=sha256');
    folder.git(
      '-c',
      'user.name=Anna',
      '-c',
      'user.email=anna@example.org',
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      'a change',
    );
    const before = folder.git('count-objects', '-v');
    expect((await rejection(folder.open())).message)
      .to.include(`${join(folder.directory, '.git')} is in a format that imago does not know: `)
      .and.to.include('it has extensions.objectformat = sha256. ')
      .and.to.include('fast-export');
    expect(folder.git('count-objects', '-v')).to.equal(before);
    expect(folder.git('fsck', '--full')).to.equal('');
    expect(readdirSync(folder.directory)).to.deep.equal(['.git']);
  });

  it('with clone --shared is opened, and only the clone is written into', async () => {
    await folder.open();
    await folder.put('ser1', 'host created');
    await folder.close();
    const before = folder.git('count-objects', '-v');
    const clone = new ClusterFolder();
    clone.git('clone', '-q', '--shared', folder.directory, '.');
    await clone.open();
    await clone.put('ser1', 'updated', { hostname: 'name' });
    expect(await clone.store.history('ser1' as Serial)).to.have.length(2);
    await clone.close();
    expect(clone.git('fsck', '--full', '--strict')).to.equal('');
    expect(folder.git('count-objects', '-v')).to.equal(before);

    renameSync(folder.directory, `${folder.directory}.away`);
    expect((await rejection(clone.open())).message).to.include(
      `borrows from ${join(folder.directory, '.git/objects')}, which is not there: bring it back`,
    );
    renameSync(`${folder.directory}.away`, folder.directory);
    await clone.remove();
  });
});
