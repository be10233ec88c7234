import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkClearSigned, checkDetached } from '../../../src/images/fetch-signature.js';
import { codeOf, rejection } from '../../support/rejection.js';
import { makeSigningKey, type SigningKey } from '../../support/signing-key.js';

describe('signatures', function () {
  this.timeout(30_000);
  let ours: SigningKey;
  let theirs: SigningKey;
  let folder: string;
  let file: string;
  const content = Buffer.from('a kernel');

  before(async () => {
    ours = makeSigningKey();
    theirs = makeSigningKey();
    folder = await mkdtemp(join(tmpdir(), 'imago-signed-'));
    file = join(folder, 'vmlinuz');
    await writeFile(file, content);
    await writeFile(join(folder, 'junk'), 'junk');
    await writeFile(join(folder, 'torn'), '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n');
  });
  after(async () => {
    ours.close();
    theirs.close();
    await rm(folder, { recursive: true });
  });

  const check = (keys: readonly string[], signature: Uint8Array) =>
    checkDetached({ what: 'vmlinuz', keys }, file, signature);

  for (const form of ['binaryFile', 'armoredFile'] as const) {
    it(`holds by a configured key (${form}), and says whose`, async () => {
      expect(await check([theirs[form], ours[form]], ours.detached(content))).to.equal(ours.fingerprint);
    });
  }

  const bad = [
    {
      name: 'by another key',
      keys: () => [ours.binaryFile],
      signature: () => theirs.detached(content),
      says: 'not configured',
    },
    {
      name: 'of other bytes',
      keys: () => [ours.binaryFile],
      signature: () => ours.detached(Buffer.from('another')),
      says: 'not those that were signed',
    },
    {
      name: 'that is none',
      keys: () => [ours.binaryFile],
      signature: () => Buffer.from('<html>'),
      says: 'does not hold',
    },
  ];
  for (const { name, keys, signature, says } of bad) {
    it(`does not hold ${name}`, async () => {
      const error = await rejection(check(keys(), signature()));
      expect(codeOf(error)).to.equal('SIGNATURE_BAD');
      expect(error.message).to.contain(says);
    });
  }

  for (const name of ['junk', 'torn', 'missing']) {
    it(`says that a key is unusable: ${name}`, async () => {
      expect(codeOf(await rejection(check([join(folder, name)], ours.detached(content))))).to.equal(
        'KEY_UNUSABLE',
      );
    });
  }

  it('takes from a signed text only what was signed', async () => {
    const signed = `ignored before\n${ours.clearSigned('Suite: stable\n').toString()}`;
    const { text, by } = await checkClearSigned(
      { what: 'InRelease', keys: [ours.binaryFile] },
      Buffer.from(signed),
    );
    expect(text).to.equal('Suite: stable\n');
    expect(by).to.equal(ours.fingerprint);
    const changed = Buffer.from(signed.replace('stable', 'broken'));
    const error = await rejection(checkClearSigned({ what: 'InRelease', keys: [ours.binaryFile] }, changed));
    expect(codeOf(error)).to.equal('SIGNATURE_BAD');
  });
});
