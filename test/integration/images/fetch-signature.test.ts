import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkClearSigned, checkDetached } from '../../../src/images/fetch-signature.js';
import { codeOf, rejection } from '../../support/rejection.js';
import { makeSigningKey, type SigningKey, type SigningTimes } from '../../support/signing-key.js';

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

  describe('M1: a signature that is right, by a key that is not', () => {
    const old = { lifetime: '0', made: '20200101T000000', signing: '20200601T000000' };
    const plain = ({ binaryFile }: SigningKey) => [binaryFile];
    const cases: readonly {
      name: string;
      times?: SigningTimes;
      keys: (key: SigningKey) => readonly string[];
      /** Undefined where it holds. */
      says?: string;
    }[] = [
      {
        name: 'its file revokes it',
        keys: (key) => [key.revoke()],
        says: 'its key was revoked',
      },
      {
        name: 'one file revokes it, an older one does not',
        keys: (key) => [key.binaryFile, key.revoke()],
        says: 'its key was revoked',
      },
      {
        name: 'its signature has expired',
        times: { ...old, signatureLifetime: 'seconds=60' },
        keys: plain,
        says: 'it has expired',
      },
      { name: 'its key expired after it signed', times: { ...old, lifetime: '1y' }, keys: plain },
    ];
    for (const { name, times, keys: keysOf, says } of cases) {
      it(`${says === undefined ? 'holds' : 'is refused'}: ${name}, detached and clear-signed`, async () => {
        const key = makeSigningKey(times);
        try {
          const [signature, signed] = [key.detached(content), key.clearSigned('Suite: stable\n')];
          const keys = keysOf(key);
          const checks: readonly (() => Promise<unknown>)[] = [
            () => check(keys, signature),
            () => checkClearSigned({ what: 'InRelease', keys }, signed),
          ];
          for (const attempt of checks) {
            if (says === undefined) {
              await attempt();
            } else {
              const error = await rejection(attempt());
              expect(codeOf(error)).to.equal('SIGNATURE_BAD');
              expect(error.message).to.contain(says);
            }
          }
        } finally {
          key.close();
        }
      });
    }
  });

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
