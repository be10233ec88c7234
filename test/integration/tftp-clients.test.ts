import { expect } from 'chai';
import {
  atftp,
  atftpWindowed,
  busybox,
  busyboxLargeBlocks,
  curl,
  curlEthernet,
  curlLargeBlocks,
  curlWithoutOptions,
  npmTftp,
  tftpHpa,
  tftpHpaText,
} from './support/tftp-clients.js';
import { SERVER_ADDRESS, TftpLab, type ClientMachine } from './support/tftp-lab.js';

const MIB = 1024 * 1024;
const clients = [
  atftp,
  atftpWindowed,
  tftpHpa,
  tftpHpaText,
  curl,
  curlLargeBlocks,
  curlWithoutOptions,
  busybox,
  busyboxLargeBlocks,
  npmTftp,
];

describe('TFTP with the clients of the field', function () {
  this.timeout(60_000);
  let lab: TftpLab;

  before(async () => {
    lab = await TftpLab.open('tftp');
    await lab.file('one.bin', MIB);
    await lab.file('odd.bin', 100_001);
    await lab.file('forty.bin', 40 * MIB); // more blocks of 512 than a block number can count, and not kept in memory
  });

  after(() => lab.close());

  for (const [transport, ports] of [
    ['batches', 'own'],
    ['batches', 'single'],
    ['dgram', 'own'],
    ['dgram', 'single'],
  ] as const) {
    describe(`sent by ${transport}, ${ports} port`, () => {
      before(async () => {
        await lab.serve(transport, ports);
      });
      after(() => lab.stopServers());

      for (const client of clients) {
        for (const filename of ['one.bin', 'odd.bin']) {
          it(`${client.name} gets ${filename}`, async () => {
            await client.fetch(lab, filename, 'got');
            expect(await lab.arrived(filename, 'got')).to.equal(true);
          });
        }
      }

      it('40 MiB in blocks of 512 arrive whole', async () => {
        await curlWithoutOptions.fetch(lab, 'forty.bin', 'got');
        expect(await lab.arrived('forty.bin', 'got')).to.equal(true);
      });

      it('40 MiB in windows arrive whole', async () => {
        await atftpWindowed.fetch(lab, 'forty.bin', 'got');
        expect(await lab.arrived('forty.bin', 'got')).to.equal(true);
      });

      it('thirty clients at the same time are served', async () => {
        const all = Array.from({ length: 30 }, (_, index) => ({
          client: clients[index % clients.length] ?? curl,
          as: `got-${index}`,
        }));
        await Promise.all(all.map(({ client, as }) => client.fetch(lab, 'one.bin', as)));
        const arrived = await Promise.all(all.map(({ as }) => lab.arrived('one.bin', as)));
        expect(arrived.every(Boolean)).to.equal(true);
      });

      it("a machine's own folder, its generated file, and autoexec.ipxe are there", async () => {
        await curl.fetch(lab, '52-54-00-00-00-01/one.bin', 'got');
        expect(await lab.arrived('one.bin', 'got')).to.equal(true);
        await curl.fetch(lab, 'pxelinux.cfg/01-52-54-00-00-00-01', 'got');
        expect((await lab.got('got')).toString()).to.equal('DEFAULT imago\n');
        await curl.fetch(lab, 'autoexec.ipxe', 'got');
        expect((await lab.got('got')).toString()).to.match(/^#!ipxe\n/);
      });

      for (const { name, filename } of [
        { name: 'what is not there', filename: 'nothing' },
        { name: 'what lies above the folder', filename: '%2e%2e/%2e%2e/etc/passwd' },
      ]) {
        it(`curl hears that it cannot have ${name}`, async () => {
          const words = ['-sS', '--path-as-is', '-o', 'got', `tftp://${SERVER_ADDRESS}/${filename}`];
          const failure = await lab.run('curl', words).then(
            () => undefined,
            (error: { exitCode?: number }) => error.exitCode,
          );
          expect(failure).to.be.oneOf([68, 69]); // not found, access violation
        });
      }

      it('a client that wants to write is told at once', async () => {
        const failure = await lab
          .run('curl', ['-sS', '-T', '-', `tftp://${SERVER_ADDRESS}/upload`], 'text')
          .then(
            () => undefined,
            (error: { exitCode?: number }) => error.exitCode,
          );
        expect(failure).to.equal(71); // illegal TFTP operation
      });
    });
  }

  describe('on a link too narrow for its blocks', () => {
    before(async () => {
      await lab.setLongestPacket(600);
      await lab.serve('batches', 'own');
    });
    after(async () => {
      await lab.stopServers();
      await lab.setLongestPacket(1500);
    });

    for (const client of [atftpWindowed, curlLargeBlocks, busyboxLargeBlocks]) {
      it(`${client.name} gets one.bin`, async () => {
        await client.fetch(lab, 'one.bin', 'got');
        expect(await lab.arrived('one.bin', 'got')).to.equal(true);
      });
    }
  });

  describe('N12: over a path of 1400 octets whose router tells nobody', () => {
    let behind: ClientMachine;
    before(async () => {
      behind = await lab.machineBehindNarrowRouter(1400);
    });
    afterEach(() => lab.stopServers());

    it('what may not be cut is lost there, as what Node sends by itself', async () => {
      await lab.serve('dgram', 'own');
      const failure = await curlEthernet.fetch(behind, 'one.bin', 'got').then(
        () => undefined,
        (error: { exitCode?: number }) => error.exitCode,
      );
      expect(failure).to.equal(28); // out of time
    });

    for (const client of [curlEthernet, atftpWindowed]) {
      it(`${client.name} gets one.bin`, async () => {
        await lab.serve('batches', 'own');
        await client.fetch(behind, 'one.bin', 'got');
        expect(await lab.arrived('one.bin', 'got')).to.equal(true);
      });
    }
  });
});
