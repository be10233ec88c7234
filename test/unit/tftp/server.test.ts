import { formatIpv4 } from '../../../src/net/ipv4.js';
import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { FileRefused } from '../../../src/tftp/errors.js';
import { silentLogger, type TransferReport } from '../../../src/tftp/observer.js';
import type { TransportChoice } from '../../../src/tftp/open-transport.js';
import type { TftpPacket } from '../../../src/tftp/packet.js';
import { startTftpServer, type TftpServer, type TftpServerOptions } from '../../../src/tftp/server.js';
import { memoryFile, type TftpFile, type TftpSource } from '../../../src/tftp/source.js';
import { ack, RawClient, request, requestOf } from './support/raw-tftp.js';
import { WireClient } from './support/wire-client.js';

const LOOPBACK = 0x7f000001;
/** As many as there are places by default. */
const FLOOD_PORTS = 2000;
const files: Record<string, Buffer> = {
  'ipxe.efi': randomBytes(10_000),
  exact: randomBytes(1024),
  empty: Buffer.alloc(0),
  'lines.txt': Buffer.from('one\ntwo\rthree\r\n'),
  big: randomBytes(3_000_000),
};

const source: TftpSource = {
  open: (filename) => {
    if (filename.startsWith('/etc')) return Promise.reject(new FileRefused(filename, 'it is outside'));
    if (filename === 'broken') return Promise.reject(new Error('EIO: /srv/secret/path'));
    if (filename === 'streamed') return Promise.resolve(streamed(files['big']!));
    if (filename === 'shrinking') return Promise.resolve(shrinking());
    const content = files[filename];
    return Promise.resolve(content && memoryFile(content));
  },
};

function streamed(content: Buffer): TftpFile {
  return {
    size: content.length,
    content: undefined,
    readInto: (target, offset) => target.set(content.subarray(offset, offset + target.length)),
    close: () => Promise.resolve(),
  };
}

function shrinking(): TftpFile {
  return {
    ...streamed(Buffer.alloc(300_000)),
    readInto: (_target, offset) => {
      if (offset > 0) throw new Error('shorter than it was');
    },
  };
}

const variants: { name: string; options: Partial<TftpServerOptions> & { transport: TransportChoice } }[] = [
  { name: 'in batches', options: { transport: 'batches' } },
  { name: 'in batches, single port', options: { transport: 'batches', singlePort: true } },
  { name: 'by dgram', options: { transport: 'dgram' } },
  { name: 'by dgram, single port', options: { transport: 'dgram', singlePort: true } },
];

for (const { name, options } of variants) {
  describe(`the TFTP server, ${name}`, () => {
    let server: TftpServer;
    let client: WireClient;
    let reports: TransferReport[];
    let refused: string[];
    let malformed: number;
    let missing: string[];
    let reached: string[];

    const start = async (more: Partial<TftpServerOptions> = {}): Promise<void> => {
      server = await startTftpServer({
        address: '127.0.0.1',
        port: 0,
        source,
        observer: {
          onTransfer: (report) => void reports.push(report),
          onRefused: (_client, reason) => void refused.push(reason),
          onMalformed: () => void (malformed += 1),
          onMissing: (address, filename) => void missing.push(`${formatIpv4(address)} ${filename}`),
        },
        reach: (name) => void reached.push(name),
        log: silentLogger,
        ...options,
        ...more,
      });
      client = await WireClient.open(server.port);
    };

    beforeEach(async () => {
      reports = [];
      refused = [];
      malformed = 0;
      missing = [];
      reached = [];
      await start();
    });

    afterEach(async () => {
      client.close();
      await server.close();
    });

    describe('sends whole files', () => {
      for (const { filename, asked } of [
        { filename: 'ipxe.efi', asked: {} },
        { filename: 'ipxe.efi', asked: { blksize: '1428' } },
        { filename: 'ipxe.efi', asked: { blksize: '8' } },
        { filename: 'ipxe.efi', asked: { blksize: '1428', windowsize: '4' } },
        { filename: 'ipxe.efi', asked: { windowsize: '64' } },
        { filename: 'ipxe.efi', asked: { blksize: '8192', windowsize: '2' } },
        { filename: 'ipxe.efi', asked: { blksize: '65464' } },
        { filename: 'exact', asked: {} },
        { filename: 'exact', asked: { windowsize: '8' } },
        { filename: 'empty', asked: {} },
        { filename: 'empty', asked: { tsize: '0' } },
        { filename: 'big', asked: { blksize: '1468', windowsize: '8' } },
      ]) {
        it(`${filename} with ${JSON.stringify(asked)}`, async () => {
          const content = await client.download(filename, asked);
          expect(content.equals(files[filename]!)).to.equal(true);
        });
      }

      it('from disk', async () => {
        const content = await client.download('streamed', { blksize: '1428', windowsize: '16' });
        expect(content.equals(files['big']!)).to.equal(true);
      });

      it('with block numbers that wrap', async () => {
        const content = await client.download('big', { blksize: '32', windowsize: '32' });
        expect(content.equals(files['big']!)).to.equal(true);
      });

      it('in netascii', async () => {
        expect((await client.download('lines.txt', {}, 'netascii')).toString()).to.equal(
          'one\r\ntwo\r\0three\r\0\r\n',
        );
      });

      it('to many clients at the same time', async () => {
        const clients = await Promise.all(Array.from({ length: 40 }, () => WireClient.open(server.port)));
        const contents = await Promise.all(
          clients.map((each, index) => each.download('ipxe.efi', index % 2 ? { windowsize: '4' } : {})),
        );
        for (const each of clients) each.close();
        expect(contents.every((content) => content.equals(files['ipxe.efi']!))).to.equal(true);
        await client.settled();
        expect(server.transfers).to.equal(0);
      });
    });

    it('reports a transfer', async () => {
      await client.download('ipxe.efi', { tsize: '0' });
      await client.settled();
      expect(reports).to.have.length(1);
      expect(reports[0]).to.include({
        client: LOOPBACK,
        filename: 'ipxe.efi',
        bytes: 10_000,
        outcome: 'completed',
      });
      expect(reports[0]!.seconds).to.be.within(0, 10);
    });

    it('acknowledges what was asked, and nothing else', async () => {
      client.request('ipxe.efi', { BlkSize: '1468', tsize: '0', unknown: '1' });
      const { packet } = await client.next();
      expect(packet).to.deep.equal({
        kind: 'oack',
        options: new Map([
          ['blksize', '1468'],
          ['tsize', '10000'],
        ]),
      });
    });

    it('serves OVMF, which asks for the size, declines, and asks again', async () => {
      client.request('ipxe.efi', { tsize: '0', blksize: '1468', windowsize: '4' });
      const { packet, port } = await client.next();
      expect(packet).to.have.property('kind', 'oack');
      client.send({ kind: 'error', code: 8, message: 'User aborted the transfer' }, port);
      const content = await client.download('ipxe.efi', { blksize: '1468', windowsize: '4' });
      expect(content.equals(files['ipxe.efi']!)).to.equal(true);
      await client.settled();
      expect(reports.map(({ outcome }) => outcome)).to.deep.equal(['declined', 'completed']);
      expect(refused).to.deep.equal(['not-found', 'not-found']); // the probes
    });

    it('sends nothing after an ERROR of the client', async () => {
      client.request('ipxe.efi');
      const { port } = await client.next();
      client.ack(1, port);
      await client.next();
      client.send({ kind: 'error', code: 0, message: 'enough' }, port);
      expect(await client.settled()).to.deep.equal([]);
      expect(reports.map(({ outcome }) => outcome)).to.deep.equal(['aborted']);
    });

    it('sends one block for two equal acknowledgements', async () => {
      client.request('ipxe.efi');
      const { port } = await client.next();
      client.ack(1, port);
      client.ack(1, port);
      expect((await client.next()).packet).to.include({ kind: 'data', block: 2 });
      expect(await client.settled()).to.deep.equal([]);
    });

    it('takes an equal request of the same port for the same transfer', async () => {
      client.request('ipxe.efi');
      client.request('ipxe.efi');
      expect((await client.next()).packet).to.include({ kind: 'data', block: 1 });
      expect(await client.settled()).to.deep.equal([]);
      expect(server.transfers).to.equal(1);
    });

    it('lets another request of the same port take its place, whose answer is the first thing it hears', async () => {
      client.request('big');
      await client.next();
      client.request('exact', { tsize: '0' });
      expect((await client.next()).packet).to.include({ kind: 'oack' });
      expect(await client.settled()).to.deep.equal([]);
      expect(server.transfers).to.equal(1);
      expect(reports.map(({ outcome }) => outcome)).to.deep.equal(['stopped']);
    });

    it('N13: is silent to a doubled last acknowledgement, so that the answer to the next request comes first', async () => {
      client.request('exact');
      const { port } = await client.next();
      for (const block of [1, 2]) {
        client.ack(block, port);
        await client.next();
      }
      client.ack(3, port);
      client.ack(3, port);
      client.request('ipxe.efi', { tsize: '0' });
      client.ack(3, port); // the third comes while the next transfer is under way
      expect((await client.next()).packet).to.have.property('kind', 'oack');
      expect(await client.settled()).to.deep.equal([]);
      expect(reports.map(({ outcome }) => outcome)).to.deep.equal(['completed']);
    });

    it('N13: is silent to what a client still says of a transfer that it gave up', async () => {
      client.request('big');
      const { port } = await client.next();
      client.send({ kind: 'error', code: 0, message: 'enough' }, port);
      client.ack(1, port);
      expect(await client.settled()).to.deep.equal([]);
      client.request('big');
      await client.next();
      client.request('exact'); // takes its place
      client.ack(1, port);
      expect((await client.next()).packet).to.include({ kind: 'data', block: 1 });
      expect((await client.settled()).filter(({ kind }) => kind === 'error')).to.deep.equal([]);
    });

    it('tells a stranger, and goes on with the transfer', async () => {
      client.request('ipxe.efi');
      const { port } = await client.next();
      const stranger = await WireClient.open(port);
      stranger.ack(1, port);
      expect((await stranger.next()).packet).to.include({ kind: 'error', code: 5 });
      stranger.close();
      client.ack(1, port);
      expect((await client.next()).packet).to.include({ kind: 'data', block: 2 });
    });

    describe('refuses', () => {
      const rrq = (filename: string, mode = 'octet', asked: [string, string][] = []): TftpPacket => ({
        kind: 'rrq',
        filename,
        mode,
        options: new Map(asked),
      });
      it('N7: who asks for a file that is not there is told of, and nobody else', async () => {
        client.send(rrq('ipxe-arm64.efi'));
        await client.next();
        client.send(rrq('/etc/passwd'));
        await client.next();
        expect(missing).to.deep.equal(['127.0.0.1 ipxe-arm64.efi']);
      });

      const table: { name: string; packet: TftpPacket; code: number; reason: string }[] = [
        { name: 'a file that is not there', packet: rrq('nothing'), code: 1, reason: 'not-found' },
        { name: 'a file nobody may have', packet: rrq('/etc/passwd'), code: 2, reason: 'forbidden' },
        { name: 'a file that cannot be read', packet: rrq('broken'), code: 0, reason: 'unreadable' },
        { name: 'the mode mail', packet: rrq('ipxe.efi', 'mail'), code: 4, reason: 'mode' },
        {
          name: 'a window of nothing',
          packet: rrq('ipxe.efi', 'octet', [['windowsize', '0']]),
          code: 8,
          reason: 'options',
        },
        {
          name: 'to be written to',
          packet: { kind: 'wrq', filename: 'ipxe.efi', mode: 'octet', options: new Map() },
          code: 4,
          reason: 'write',
        },
      ];
      for (const { name: what, packet, code, reason } of table) {
        it(what, async () => {
          client.send(packet);
          const answer = (await client.next()).packet;
          expect(answer).to.include({ kind: 'error', code });
          expect(answer.kind === 'error' && answer.message).to.not.match(/[/\\]/);
          expect(refused).to.deep.equal([reason]);
          expect(server.transfers).to.equal(0);
        });
      }

      it('a request without a NUL, as malformed', async () => {
        client.sendBytes(Buffer.from('\0\x01ipxe.efi'));
        expect((await client.next()).packet).to.include({ kind: 'error', code: 2 });
        expect(malformed).to.equal(1);
      });

      it('a request of more than 2 KB, though what comes first would be one', async () => {
        client.sendBytes(Buffer.concat([request('ipxe.efi'), Buffer.alloc(60_000)]));
        expect((await client.next()).packet).to.include({ kind: 'error', code: 2 });
        client.sendBytes(Buffer.concat([ack(1), Buffer.alloc(60_000)]));
        expect(await client.settled()).to.deep.equal([]);
        expect([malformed, server.transfers]).to.deep.equal([2, 0]);
      });

      it('a name of 8 KB', async () => {
        client.request('a'.repeat(8192));
        const { packet } = await client.next();
        expect(packet.kind).to.equal('error');
        expect([1, 2]).to.include(packet.kind === 'error' ? packet.code : undefined);
      });

      it('an acknowledgement of no transfer', async () => {
        client.ack(1, server.port);
        expect((await client.next()).packet).to.include({ kind: 'error', code: 5 });
      });
    });

    it('keeps silent at bytes that are no packet, and at errors of nobody', async () => {
      for (const bytes of ['', '\0', '\0\x09abc', '\x01\x01a\0octet\0', '\0\x05\0\x01gone\0', '\0\x04\0']) {
        client.sendBytes(Buffer.from(bytes, 'latin1'));
      }
      expect(await client.settled()).to.deep.equal([]);
      expect(malformed).to.be.within(4, 5); // whether an empty datagram is seen is the system's affair
    });

    it('ends a transfer whose file has become shorter', async () => {
      client.request('shrinking', { blksize: '1024', windowsize: '64' });
      const { port } = await client.next();
      client.ack(0, port);
      for (let block = 1; block <= 64; block += 1) {
        await client.next();
        if (block % 64 === 0) client.ack(block, port);
      }
      expect((await client.next()).packet).to.include({ kind: 'error', code: 0 });
      expect(reports.map(({ outcome }) => outcome)).to.deep.equal(['failed']);
    });

    it('tells running clients when it stops', async () => {
      client.request('big');
      await client.next();
      await server.close();
      expect((await client.next()).packet).to.include({ kind: 'error', code: 0 });
      expect(reports.map(({ outcome }) => outcome)).to.deep.equal(['stopped']);
    });

    describe('with limits', () => {
      it('refuses a client address too many transfers', async () => {
        client.close();
        await server.close();
        await start({ maxTransfersPerClient: 1 });
        client.request('big');
        await client.next();
        const second = await WireClient.open(server.port);
        second.request('big');
        expect((await second.next()).packet).to.include({ kind: 'error', code: 0 });
        second.close();
        expect(refused).to.deep.equal(['client-limit']);
      });

      it('A3: serves a good client at once while 2,000 from ten addresses have asked and confirm nothing', async () => {
        const flood = await Promise.all(
          Array.from({ length: FLOOD_PORTS }, (_, index) =>
            RawClient.open(server.port, '127.0.0.1', `127.0.0.${2 + (index % 10)}`),
          ),
        );
        const asked = request('big', [
          ['blksize', '1468'],
          ['timeout', '255'],
        ]);
        for (const each of flood) each.send(asked);
        for (const each of flood) expect((await each.next()).said).to.match(/^OACK/);
        const good = await client.download('ipxe.efi', { blksize: '1468' });
        expect(good.equals(files['ipxe.efi']!)).to.equal(true);
        await client.settled();
        expect(server.transfers).to.equal(FLOOD_PORTS - 1);
        expect(reached).to.deep.equal(['tftp-unanswered']);
        for (const each of flood) each.close();
      });

      it('A3: lets known machines go before strangers that are in the middle of something', async () => {
        client.close();
        await server.close();
        await start({ maxTransfers: 1, isKnown: (address) => address === LOOPBACK + 4 });
        client.request('big');
        const { port } = await client.next();
        client.ack(1, port);
        await client.next();
        const stranger = await RawClient.open(server.port, '127.0.0.1', '127.0.0.2');
        const known = await RawClient.open(server.port, '127.0.0.1', '127.0.0.5');
        stranger.send(request('big'));
        expect((await known.ask(request('big'))).said).to.equal('DATA 1 (512)');
        expect(reports.map(({ outcome }) => outcome)).to.deep.equal(['evicted']);
        // Nor is the other one told: it would take that for the answer to its next request.
        client.sendBytes(requestOf(2, ['a', 'octet']));
        stranger.send(requestOf(2, ['a', 'octet']));
        expect((await client.next()).packet).to.include({ kind: 'error', code: 4 });
        expect((await stranger.next()).said).to.equal('ERROR 4');
        expect(reached).to.deep.equal(['tftp-transfers', 'tftp-crowded-out']);
        stranger.close();
        known.close();
      });

      it('A3: opens no more files at a time than there are places, for whoever changes its mind too', async () => {
        client.close();
        await server.close();
        const opening: (() => void)[] = [];
        const slow: TftpSource = {
          open: (filename) =>
            filename.startsWith('no-such')
              ? Promise.resolve(undefined)
              : new Promise((resolve) => opening.push(() => resolve(memoryFile(files['exact']!)))),
        };
        await start({ maxTransfers: 2, source: slow });
        for (let count = 0; count < 20; count += 1) client.request(`file-${count}`);
        client.sendBytes(requestOf(2, ['a', 'octet'])); // something that is answered, behind them
        expect((await client.next()).packet).to.include({ kind: 'error', code: 4 });
        expect(opening).to.have.length(2);
        for (const open of opening.splice(0)) open();
        expect((await client.next()).packet).to.include({ kind: 'data', block: 1 });
      });

      it('is silent to whom there is no room for, and serves them once there is', async () => {
        client.close();
        await server.close();
        await start({ maxTransfers: 1 });
        client.request('big');
        const { port } = await client.next();
        client.ack(1, port);
        await client.next();
        const second = await WireClient.open(server.port);
        second.request('exact');
        second.sendBytes(Buffer.from('\0\x02a\0octet\0')); // something that is answered, behind it
        expect((await second.next()).packet).to.include({ kind: 'error', code: 4 });
        expect(refused).to.deep.equal(['total-limit', 'write']);
        client.send({ kind: 'error', code: 0, message: 'done' }, port);
        client.sendBytes(Buffer.from('\0\x02a\0octet\0'));
        expect((await client.next()).packet).to.include({ kind: 'error', code: 4 });
        second.request('exact');
        expect((await second.next()).packet).to.include({ kind: 'data', block: 1 });
        second.close();
      });
    });
  });
}

describe('the TFTP server', () => {
  it('says who has to be stopped when its port is taken', async () => {
    for (const transport of ['batches', 'dgram'] as const) {
      const first = await startTftpServer({ address: '127.0.0.1', port: 0, source, transport });
      const failure = await startTftpServer({
        address: '127.0.0.1',
        port: first.port,
        source,
        transport,
      }).catch((error: Error) => error);
      expect(failure).to.have.property('code', 'TFTP_LISTEN_FAILED');
      expect(failure)
        .to.have.property('message')
        .that.matches(/EADDRINUSE.*stop what holds the port/s);
      await first.close();
    }
  });
});
