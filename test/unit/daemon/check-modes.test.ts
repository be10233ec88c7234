import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkConfig } from '../../../src/daemon/check-config.js';
import { checkModes, guardedPlaces, modeFault, type GuardedPlace } from '../../../src/daemon/check-modes.js';
import { loadConfig } from '../../../src/config/load-config.js';
import { houseConfig } from '../../support/http-house.js';

const modes: readonly {
  readonly guard: GuardedPlace['guard'];
  readonly mode: number;
  readonly isFolder?: boolean;
  readonly want: 'sound' | 'told' | 'refused';
}[] = [
  { guard: 'configuration', mode: 0o100644, want: 'sound' },
  { guard: 'configuration', mode: 0o100664, want: 'sound' },
  { guard: 'configuration', mode: 0o100646, want: 'refused' },
  { guard: 'state', mode: 0o40755, isFolder: true, want: 'sound' },
  { guard: 'state', mode: 0o42775, isFolder: true, want: 'sound' },
  { guard: 'state', mode: 0o40777, isFolder: true, want: 'refused' },
  // In such a one, as /tmp, a user cannot take away what is there, but put there what is not.
  { guard: 'state', mode: 0o41777, isFolder: true, want: 'refused' },
  { guard: 'program', mode: 0o100755, want: 'sound' },
  { guard: 'program', mode: 0o100757, want: 'refused' },
  { guard: 'socket', mode: 0o40755, isFolder: true, want: 'sound' },
  { guard: 'socket', mode: 0o40777, isFolder: true, want: 'refused' },
  { guard: 'socket', mode: 0o41777, isFolder: true, want: 'sound' },
  { guard: 'served', mode: 0o40755, isFolder: true, want: 'sound' },
  { guard: 'served', mode: 0o40777, isFolder: true, want: 'told' },
  { guard: 'secret', mode: 0o100600, want: 'sound' },
  { guard: 'secret', mode: 0o100400, want: 'sound' },
  { guard: 'secret', mode: 0o100640, want: 'told' },
  { guard: 'secret', mode: 0o100604, want: 'told' },
  { guard: 'secret', mode: 0o100602, want: 'told' },
  { guard: 'key', mode: 0o100640, want: 'sound' },
  { guard: 'key', mode: 0o100644, want: 'told' },
];

describe('modes of files at the start', () => {
  for (const { guard, mode, isFolder = false, want } of modes) {
    it(`${guard} with mode ${(mode & 0o7777).toString(8)} is ${want}`, () => {
      const fault = modeFault({ guard, path: '/a/b', setting: ['paths', 'state'] }, { mode, isFolder });
      const found = fault === undefined ? 'sound' : fault.isFatal ? 'refused' : 'told';
      expect(found).to.equal(want);
      if (!fault) return;
      expect(fault.path).to.deep.equal(['paths', 'state']);
      expect(fault.message).to.match(
        new RegExp(`^/a/b has the mode ${(mode & 0o7777).toString(8)}: .*; .*chmod .* /a/b$`),
      );
    });
  }

  describe('of a configuration', () => {
    let home: string;
    let file: string;
    const configure = (more = '') => {
      writeFileSync(file, `${houseConfig}${more}`);
      return loadConfig(file);
    };

    beforeEach(() => {
      home = mkdtempSync(join(tmpdir(), 'imago-modes-'));
      for (const folder of [
        'conf',
        'templates',
        'template_snippets',
        'images',
        'tftproot',
        'var',
        'clusters/test',
        'run',
      ])
        mkdirSync(join(home, folder), { recursive: true });
      file = join(home, 'conf/imago.yaml');
    });
    afterEach(() => rmSync(home, { recursive: true }));

    it('every file is looked at that is a secret, a key, a program, or decides what imago does', () => {
      const config = configure(`
power:
  password: { file: /s/all }
  profiles: { core: { password: { file: /s/profile } } }
  hosts: { pre0001: { password: { file: /s/host } } }
events:
  webhooks: [{ url: 'https://h.example/', secret: { file: /s/webhook } }]
  hooks: [{ command: [/p/hook, argument] }]
store: { remote: { url: 'https://h.example/r', user: imago, password: { file: /s/git }, sshKey: /s/ssh, pushSeconds: 60 } }
matchbox: { records: true, keyRing: /s/ring }
listeners:
  admin: { tls: { certificate: /t/crt, key: /t/key }, socket: /r/admin.sock }
  matchbox: { grpc: { certificate: /g/crt, key: /g/key, clientCa: /g/ca } }
`);
      const shown = guardedPlaces(file, config).map(
        ({ guard, path }) => `${guard} ${path.replace(home, '~')}`,
      );
      expect(shown.toSorted()).to.deep.equal(
        [
          'configuration ~/conf/imago.yaml',
          'configuration /g/ca',
          'configuration /t/crt',
          'key /g/key',
          'key /s/ring',
          'key /t/key',
          'program /p/hook',
          'secret /s/all',
          'secret /s/git',
          'secret /s/host',
          'secret /s/profile',
          'secret /s/ssh',
          'secret /s/webhook',
          'served ~/images',
          'served ~/template_snippets',
          'served ~/templates',
          'served ~/tftproot',
          'socket /r',
          'state ~/clusters/test',
          'state ~/var',
        ].toSorted(),
      );
    });

    it('the folder of the socket is that which systemd makes, and none of its own in paths.state', () => {
      const socketIn = (folder?: string) =>
        guardedPlaces(file, configure(), folder).find(({ guard }) => guard === 'socket')?.path;
      expect(socketIn('/run/imago')).to.equal('/run/imago');
      expect(socketIn()).to.equal(undefined);
    });

    it('imago does not start where others could command it, and names the line', () => {
      configure();
      chmodSync(join(home, 'var'), 0o777);
      chmodSync(file, 0o666);
      expect(() => checkConfig(file, { withAll: false }))
        .to.throw(`${join(home, 'var')} has the mode 777: every user of this server may put files there`)
        .with.property('message')
        .that.includes(`${file} has the mode 666: whoever changes it commands imago; chmod o-w ${file}`);
    });

    it('a secret that others may read is told at the start, and a fault only of --check-config', () => {
      const secret = join(home, 'secret');
      writeFileSync(secret, 'swordfish');
      chmodSync(secret, 0o644);
      const config = configure(`power: { user: admin, password: { file: ${secret} } }\n`);
      const [fault, ...more] = checkModes(file, config);
      expect(more).to.deep.equal([]);
      expect(fault).to.deep.equal({
        path: ['power', 'password', 'file'],
        isFatal: false,
        message: `${secret} has the mode 644: others than its owner may read it, and imago does not use it so; chmod 600 ${secret}`,
      });
      const refusal = (withAll: boolean) => {
        try {
          checkConfig(file, { withAll });
          return '';
        } catch (error) {
          return String(error);
        }
      };
      expect(refusal(true)).to.include(secret);
      expect(refusal(false)).not.to.include(secret);
    });
  });
});
