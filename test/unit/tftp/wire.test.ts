import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { autoexecFallback, layeredSource } from '../../../src/tftp/source.js';
import { rootSource } from '../../../src/tftp/root-source.js';
import { startTftpServer, type TftpServer } from '../../../src/tftp/server.js';
import { ack, error, RawClient, request, requestOf } from './support/raw-tftp.js';

/** The server with its files on disk, byte by byte: docs/conformance.md tells these by their numbers. */
for (const singlePort of [false, true]) {
  describe(`TFTP on the wire${singlePort ? ', single port' : ''}`, () => {
    let top: string;
    let server: TftpServer;
    let client: RawClient;

    before(async () => {
      top = await mkdtemp(join(tmpdir(), 'imago-wire-'));
      const root = join(top, 'root');
      await mkdir(join(root, 'folder'), { recursive: true });
      await writeFile(join(root, 'loader.efi'), Buffer.alloc(3000, 'x'));
      await writeFile(join(root, 'whole'), Buffer.alloc(1024, 'y'));
      await writeFile(join(root, 'many'), Buffer.alloc(70_000 * 8, 'z'));
      await writeFile(join(top, 'secret'), 'secret');
      await symlink('../secret', join(root, 'out'));
      await symlink('/dev/zero', join(root, 'zero'));
      execFileSync('mkfifo', [join(root, 'fifo')]);
      server = await startTftpServer({
        address: '127.0.0.1',
        port: 0,
        singlePort,
        source: layeredSource([rootSource(root), autoexecFallback()]),
      });
    });
    after(async () => {
      await server.close();
      await rm(top, { recursive: true });
    });
    beforeEach(async () => {
      client = await RawClient.open(server.port);
    });
    afterEach(() => client.close());

    /** What the client heard before the answer to a later request: packets on loopback arrive in order. */
    async function heardByNow(): Promise<string[]> {
      const probe = await RawClient.open(server.port);
      for (const name of ['nothing-1', 'nothing-2']) await probe.ask(request(name));
      probe.close();
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      return client.take();
    }

    const agreements = [
      { line: 1, asked: [['blksize', '1428']], want: 'OACK blksize=1428' },
      {
        line: 1,
        asked: [
          ['BlkSize', '1428'],
          ['TSIZE', '0'],
        ],
        want: /^OACK blksize=1428 tsize=3000$/i,
      },
      {
        line: 1,
        asked: [
          ['unknown', '1'],
          ['tsize', '0'],
        ],
        want: 'OACK tsize=3000',
      },
      { line: 1, asked: [['unknown', '1']], want: 'DATA 1 (512)' },
      { line: 1, asked: [['windowsize', '1']], want: 'OACK windowsize=1' },
      { line: 3, asked: [['blksize', '7']], want: 'DATA 1 (512)' },
      { line: 3, asked: [['blksize', 'many']], want: 'DATA 1 (512)' },
      { line: 3, asked: [['blksize', '70000']], want: 'OACK blksize=65464' },
      { line: 3, asked: [['windowsize', '0']], want: 'ERROR 8' },
    ] as const;
    for (const { line, asked, want } of agreements) {
      it(`${line}: ${asked.map((pair) => pair.join('=')).join(' ')}: ${want}`, async () => {
        const { said } = await client.ask(request('loader.efi', asked));
        if (typeof want === 'string') expect(said).to.equal(want);
        else expect(said).to.match(want);
      });
    }

    it('2: OVMF asks for the size, ends with ERROR 8 on purpose, and asks again', async () => {
      const first = await client.ask(
        request('loader.efi', [
          ['tsize', '0'],
          ['blksize', '1468'],
          ['windowsize', '4'],
        ]),
      );
      expect(first.said).to.equal('OACK tsize=3000 blksize=1468 windowsize=4');
      client.send(error(8, 'User aborted the transfer'), first.port);
      expect(await heardByNow()).to.deep.equal([]);
      const again = await client.ask(
        request('loader.efi', [
          ['blksize', '1468'],
          ['windowsize', '4'],
        ]),
      );
      expect(again.said).to.equal('OACK blksize=1468 windowsize=4');
      client.send(ack(0), again.port);
      const blocks = [await client.next(), await client.next(), await client.next()];
      expect(blocks.map(({ said }) => said)).to.deep.equal(['DATA 1 (1468)', 'DATA 2 (1468)', 'DATA 3 (64)']);
    });

    it('4: one block for two equal acknowledgements', async () => {
      const { port } = await client.ask(request('loader.efi'));
      client.send(ack(1), port);
      client.send(ack(1), port);
      expect((await client.next()).said).to.equal('DATA 2 (512)');
      expect(await heardByNow()).to.deep.equal([]);
    });

    it('4: one transfer for a request that comes twice from one port', async () => {
      client.send(request('loader.efi'));
      client.send(request('loader.efi'));
      expect((await client.next()).said).to.equal('DATA 1 (512)');
      expect(await heardByNow()).to.deep.equal([]);
    });

    it('5: a file of full blocks ends with an empty one', async () => {
      const { said, port } = await client.ask(request('whole'));
      const second = await client.ask(ack(1), port);
      const third = await client.ask(ack(2), port);
      expect([said, second.said, third.said]).to.deep.equal(['DATA 1 (512)', 'DATA 2 (512)', 'DATA 3 (0)']);
      client.send(ack(3), port);
      expect(await heardByNow()).to.deep.equal([]);
    });

    it('5: behind block 65535 comes block 0', async () => {
      const { port } = await client.ask(
        request('many', [
          ['blksize', '8'],
          ['windowsize', '64'],
        ]),
      );
      client.send(ack(0), port);
      const passed: string[] = [];
      for (let block = 1; block <= 65_540; block += 1) {
        const { said } = await client.next();
        if (block > 65_533) passed.push(said);
        if (block % 64 === 0) client.send(ack(block & 0xffff), port);
      }
      expect(passed).to.deep.equal([65_534, 65_535, 0, 1, 2, 3, 4].map((block) => `DATA ${block} (8)`));
      client.send(error(0, 'enough'), port);
    });

    it('6: a stranger hears ERROR 5, and the transfer goes on', async () => {
      const { port } = await client.ask(request('loader.efi'));
      const stranger = await RawClient.open(server.port);
      expect((await stranger.ask(ack(1), port)).said).to.equal('ERROR 5');
      stranger.close();
      expect((await client.ask(ack(1), port)).said).to.equal('DATA 2 (512)');
    });

    const refused = [
      { name: '../../etc/passwd' },
      { name: '/etc/passwd' },
      { name: '..\\..\\etc\\passwd' },
      { name: 'a symbolic link out', bytes: request('out') },
      { name: 'a folder', bytes: request('folder') },
      { name: 'a device', bytes: request('zero') },
      { name: 'a FIFO', bytes: request('fifo') },
      { name: 'a name of 8 KB', bytes: request('n'.repeat(8192)) },
      { name: 'an empty name', bytes: request('') },
      { name: 'a request without a NUL', bytes: Buffer.from('\0\u0001loader.efi') },
      { name: 'a request to write', bytes: requestOf(2, ['new', 'octet']), codes: [4] },
      { name: 'the mode mail', bytes: requestOf(1, ['loader.efi', 'mail']), codes: [0, 4] },
    ];
    for (const { name, bytes = request(name), codes = [1, 2] } of refused) {
      it(`8: ${name}: ERROR ${codes.join(' or ')}, and no path in its text`, async () => {
        const answer = await client.ask(bytes);
        expect(codes.map((code) => `ERROR ${code}`)).to.include(answer.said);
        expect(answer.bytes.toString('latin1', 4)).to.not.match(/[/\\]/);
      });
    }

    it('9: autoexec.ipxe is there, whoever asks', async () => {
      const { said, bytes } = await client.ask(request('autoexec.ipxe'));
      expect(said).to.match(/^DATA 1 /);
      expect(bytes.toString('latin1', 4)).to.match(/^#!ipxe\n/);
    });
  });
}
