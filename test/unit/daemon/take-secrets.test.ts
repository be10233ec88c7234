import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { hideSecrets, takeSecrets } from '../../../src/daemon/take-secrets.js';

const shipped = readFileSync('conf/imago.yaml', 'utf8');
const secret = (name: string) => `{ variable: ${name} }`;
const config = (more: string) => parseConfig(`${shipped}\n${more}`, 'imago.yaml');

const places = [
  { name: 'all BMCs', more: `power: { password: ${secret('KEY')} }` },
  { name: 'the BMCs of a profile', more: `power: { profiles: { core: { password: ${secret('KEY')} } } }` },
  { name: 'one BMC', more: `power: { hosts: { SER1: { password: ${secret('KEY')} } } }` },
  {
    name: 'a webhook',
    more: `events: { webhooks: [{ url: 'http://127.0.0.1/', secret: ${secret('KEY')} }] }`,
  },
];

describe('passwords in the environment of the daemon', () => {
  for (const { name, more } of places) {
    it(`that of ${name} can be looked up, and is inherited by nobody`, () => {
      const environment: Record<string, string | undefined> = { PATH: '/bin', KEY: 'swordfish' };
      expect(takeSecrets(environment, config(more))).to.deep.equal({ PATH: '/bin', KEY: 'swordfish' });
      expect(environment).to.deep.equal({ PATH: '/bin' });
    });
  }

  it('one that a reloaded configuration names is hidden then', () => {
    const environment: Record<string, string | undefined> = { PATH: '/bin', LATER: 'swordfish' };
    takeSecrets(environment, config(''));
    expect(environment).to.include({ LATER: 'swordfish' });
    hideSecrets(environment, config(`power: { password: ${secret('LATER')} }`));
    expect(environment).to.deep.equal({ PATH: '/bin' });
  });

  it('that of the key ring of matchbox, where there is one', () => {
    const environment = (): Record<string, string | undefined> => ({ MATCHBOX_PASSPHRASE: 'sesame' });
    const [without, signing] = [environment(), environment()];
    takeSecrets(without, config('matchbox: { records: true }'));
    expect(without).to.deep.equal({ MATCHBOX_PASSPHRASE: 'sesame' });
    expect(takeSecrets(signing, config('matchbox: { records: true, keyRing: /ring.gpg }'))).to.deep.equal(
      environment(),
    );
    expect(signing).to.deep.equal({});
  });
});
