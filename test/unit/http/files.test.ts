import { mkdir, rename, symlink, truncate, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect } from 'chai';
import { formatIpv4 } from '../../../src/net/ipv4.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';
import { openFiles } from '../../support/open-files.js';
import { until } from '../../support/raw-client.js';

const large = Buffer.from(Uint8Array.from({ length: 3_000_000 }, (_, index) => index % 251));

describe('files over HTTP', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({
      store: new InMemoryHostStore([
        newHost(parseSerial('ser1'), { osVersion: 'v2' }),
        newHost(parseSerial('ser3'), { osVersion: 'v3' }),
      ]),
      machineFile: (name, client) =>
        Promise.resolve(
          /^(autoexec\.ipxe|pxelinux\.cfg\/01-.*)$/.test(name)
            ? Buffer.from(`made for ${formatIpv4(client)}: ${name}`)
            : undefined,
        ),
    });
    await house.write('tftproot/snponly.efi', 'loader');
    await house.write('tftproot/sub/x.efi', 'in a folder');
    await house.write('tftproot/52:54:00:00:00:02/snponly.efi', 'its own loader');
    await house.write('images/v1/large.bin', large);
    await house.write('images/v2/vmlinuz', 'kernel of v2');
    await house.write('static/yochu/start', 'yochu');
    await house.write('secret', 'secret');
  });
  afterEach(() => house.close());

  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetch(house.url + path, { headers, method });
  const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

  it('are those of the default version, or of the version of the host', async () => {
    expect(await (await ask('/images/vmlinuz')).text()).to.equal('v1 vmlinuz');
    expect(await (await ask('/images/ser1/vmlinuz')).text()).to.equal('kernel of v2');
    expect(await (await ask('/images/SER1/vmlinuz')).text()).to.equal('kernel of v2');
    expect(await (await ask('/images/stranger/vmlinuz')).text()).to.equal('v1 vmlinuz');
  });

  for (const { file, asked } of [
    { file: 'coreos_production_pxe.vmlinuz', asked: 'vmlinuz' },
    { file: 'coreos_production_pxe_image.cpio.gz', asked: 'initrd.cpio.gz' },
    { file: 'coreos_production_image.bin.bz2', asked: 'install_image.bin.bz2' },
    { file: 'flatcar_production_pxe_image.cpio.gz', asked: 'initrd.cpio.gz' },
    { file: 'initrd.cpio.gz', asked: 'coreos_production_pxe_image.cpio.gz' },
  ]) {
    it(`Y7: ${file} of a version is its ${asked}`, async () => {
      expect((await ask(`/images/ser3/${asked}`)).status).to.equal(404);
      await house.write(`images/v3/${file}`, file);
      expect(await (await ask(`/images/ser3/${asked}`)).text()).to.equal(file);
      expect((await ask(`/images/ser3/${asked}.sig`)).status).to.equal(404);
    });
  }

  it('Y7: has the digest of the file under its other name, as the version lists it', async () => {
    await house.write('images/v2/coreos_production_image.bin.bz2', 'image');
    await house.write('images/v2/SHA256SUMS', `${'a'.repeat(64)}  coreos_production_image.bin.bz2\n`);
    expect(await house.services.images.sha256('v2', 'install_image.bin.bz2')).to.equal('a'.repeat(64));
  });

  it('are found in the static folders', async () => {
    expect(await (await ask('/yochu/start')).text()).to.equal('yochu');
    expect((await ask('/yochu')).status).to.equal(404);
    expect((await ask('/yochu/')).status).to.equal(404);
  });

  for (const path of ['/images/large.bin', '/images/vmlinuz']) {
    const content = path.endsWith('bin') ? large : Buffer.from('v1 vmlinuz');

    it(`${path} arrives whole, with its length and validators`, async () => {
      const answer = await ask(path);
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('content-length')).to.equal(String(content.length));
      expect(answer.headers.get('accept-ranges')).to.equal('bytes');
      expect(await bytesOf(answer)).to.deep.equal(content);
    });

    it(`HEAD ${path} has the headers and no body`, async () => {
      const answer = await ask(path, {}, 'HEAD');
      expect(answer.status).to.equal(200);
      expect(answer.headers.get('content-length')).to.equal(String(content.length));
      expect(await answer.text()).to.equal('');
    });

    it(`${path} in part`, async () => {
      const answer = await ask(path, { range: 'bytes=3-7' });
      expect(answer.status).to.equal(206);
      expect(answer.headers.get('content-range')).to.equal(`bytes 3-7/${content.length}`);
      expect(await bytesOf(answer)).to.deep.equal(content.subarray(3, 8));
    });

    it(`${path} from after its end is 416`, async () => {
      const answer = await ask(path, { range: `bytes=${content.length}-` });
      expect(answer.status).to.equal(416);
      expect(answer.headers.get('content-range')).to.equal(`bytes */${content.length}`);
    });

    it(`${path} is 304 for who has it`, async () => {
      const first = await ask(path);
      await first.arrayBuffer();
      const etag = first.headers.get('etag') ?? '';
      const modified = first.headers.get('last-modified') ?? '';
      for (const headers of [
        { 'if-none-match': etag },
        { 'if-none-match': `"other", W/${etag}` },
        { 'if-modified-since': modified },
      ]) {
        expect((await ask(path, headers)).status).to.equal(304);
      }
      expect(
        (await ask(path, { 'if-none-match': '"other"', 'if-modified-since': modified })).status,
      ).to.equal(200);
      const part = { range: 'bytes=0-0' };
      expect((await ask(path, { ...part, 'if-range': etag })).status).to.equal(206);
      expect((await ask(path, { ...part, 'if-range': modified })).status).to.equal(206);
      expect((await ask(path, { ...part, 'if-range': '"other"' })).status).to.equal(200);
    });
  }

  it('are new as soon as they are replaced, though they came from memory', async () => {
    const path = '/images/vmlinuz';
    for (const content of ['v1 vmlinuz', 'v3 vmlinuz', 'v4 vmlinuz']) {
      await writeFile(join(house.folder, 'new'), content);
      await rename(join(house.folder, 'new'), join(house.folder, 'images/v1/vmlinuz'));
      expect(await (await ask(path)).text()).to.equal(content);
      expect(await (await ask(path)).text()).to.equal(content);
    }
  });

  it('that are empty are answered', async () => {
    await house.write('images/v1/empty', '');
    const answer = await ask('/images/empty');
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-length')).to.equal('0');
  });

  it('outside of their folder do not exist', async () => {
    await symlink(join(house.folder, 'secret'), join(house.folder, 'images/v1/link'));
    await symlink('/etc', join(house.folder, 'static/etc'));
    await symlink('vmlinuz', join(house.folder, 'images/v1/inner'));
    await mkdir(join(house.folder, 'images/v1/folder'));
    expect((await ask('/images/link')).status).to.equal(404);
    expect((await ask('/etc/passwd')).status).to.equal(404);
    expect((await ask('/images/folder')).status).to.equal(404);
    expect((await ask('/images/ser1/folder/')).status).to.equal(404);
    expect((await ask('/images/inner')).status).to.equal(200);
  });

  const climbing = [
    '/images/../secret',
    '/images/ser1/../../secret',
    '/images/ser1/..%2f..%2fsecret',
    '/images/..%00/secret',
    '/../secret',
    '//etc/passwd',
    '/yochu/../../secret',
    '/yochu/%2e%2e/%2e%2e/secret',
    '/tftp/../secret',
    '/.%2e/secret',
    '//../secret',
    '/./../secret',
    '/tftp//..//./../secret',
    '/tftp/%2e/%2e%2e/secret',
    '/tftp/52-54-00-00-00-01/../../secret',
    '/tftp/..%2fautoexec.ipxe',
  ];
  const roundabout = [
    { path: '/tftp//snponly.efi', want: 'loader' },
    { path: '/tftp/./snponly.efi', want: 'loader' },
    { path: '//tftp///%2e//snponly.efi', want: 'loader' },
    { path: '/images//vmlinuz', want: 'v1 vmlinuz' },
    { path: '/images/./ser1//vmlinuz', want: 'kernel of v2' },
    { path: '//yochu/./start', want: 'yochu' },
    { path: '//boot.ipxe', want: /^#!ipxe\n/ },
    { path: '/ipxe/./', want: '', status: 404 }, // a slash at the end makes another path
    { path: '//health', want: /"healthy"/ }, //             operators' calls too, on the port that is shared
    { path: '/tftp/autoexec.ipxe', want: 'made for 127.0.0.1: autoexec.ipxe' },
    {
      path: '/tftp/pxelinux.cfg//01-52-54-00-00-00-01',
      want: 'made for 127.0.0.1: pxelinux.cfg/01-52-54-00-00-00-01',
    },
    { path: '/tftp/52-54-00-00-00-01/snponly.efi', want: 'loader' },
    { path: '/tftp/52:54:00:00:00:01/sub/x.efi', want: 'in a folder' },
    { path: '/tftp/52:54:00:00:00:02/snponly.efi', want: 'its own loader' },
    { path: '/tftp/x/snponly.efi', want: '', status: 404 },
  ];
  for (const { path, want, status = 200 } of roundabout) {
    it(`N14: ${path} is ${status === 200 ? 'what TFTP has of that name' : status}`, async () => {
      const answer = await raw(house, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`);
      expect(answer).to.match(new RegExp(`^HTTP/1\\.1 ${status} `));
      const body = answer.slice(answer.indexOf('\r\n\r\n') + 4);
      if (status !== 200) return;
      if (typeof want === 'string') expect(body).to.equal(want);
      else expect(body).to.match(want);
    });
  }

  for (const path of climbing) {
    it(`${path} does not climb out`, async () => {
      expect(await raw(house, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).to.match(
        /^HTTP\/1\.1 404 /,
      );
    });
  }

  it('are closed when the client goes away in the middle', async () => {
    for (let count = 0; count < 20; count += 1) {
      const request = get(`${house.url}/images/large.bin`);
      const [response] = await once(request, 'response');
      const broken = once(response, 'error');
      response.once('data', () => request.destroy());
      await broken;
    }
    await until(() => !openFiles().some((path) => path.endsWith('large.bin')));
  });

  it('that are cut short while they are sent end the connection', async () => {
    await house.write('images/v1/shrinking', Buffer.alloc(40_000_000));
    const request = get(`${house.url}/images/shrinking`);
    const [response] = await once(request, 'response');
    await truncate(join(house.folder, 'images/v1/shrinking'), 1);
    response.resume();
    const [error] = await once(response, 'error');
    expect(error).to.have.property('code', 'ECONNRESET');
  });
});

async function raw(house: House, request: string): Promise<string> {
  const socket = connect(Number(new URL(house.url).port), '127.0.0.1');
  socket.write(request);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}
