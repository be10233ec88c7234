import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FolderBook } from '../../../../src/dialects/matchbox/folder/folder-book.js';
import { MachineConfigs } from '../../../../src/dialects/matchbox/machine-configs.js';
import { matchboxDialect } from '../../../../src/dialects/matchbox/matchbox-dialect.js';
import { openLanguages } from '../../../../src/dialects/matchbox/open-languages.js';
import { TemplateFaults } from '../../../../src/dialects/matchbox/template-faults.js';
import { openHouse, type House } from '../../../support/http-house.js';

const MAC = '52:54:00:a1:9c:ae';
const NODE = 'uuid=u1&mac=52-54-00-a1-9c-ae&domain=lab&hostname=n1&serial=s%201&arch=x86_64';
const PLAIN = 'text/plain; charset=utf-8';
const NOT_FOUND = '404 page not found\n';

const files: Readonly<Record<string, string>> = {
  'groups/default.json': '{"id":"default","profile":"bare"}',
  'groups/node1.json': JSON.stringify({
    id: 'node1',
    profile: 'etcd',
    selector: { mac: MAC },
    metadata: {
      Name: 'node1',
      port: 2380,
      memory: 16777216,
      load: 0.25,
      ready: true,
      none: null,
      list: ['a'],
      etcd: { initial: 'a=b', tls: { on: false } },
      mac: 'overridden',
      request: 'overridden',
      straße: 'ß',
    },
  }),
  'groups/lost.json': '{"id":"lost","profile":"gone","selector":{"os":"lost"}}',
  'groups/empty.json': '{"id":"empty","profile":"empty","selector":{"os":"empty"}}',
  'groups/ready.json': '{"id":"ready","profile":"ready","selector":{"os":"ready"}}',
  'groups/faulty.json': '{"id":"faulty","profile":"faulty","selector":{"os":"faulty"}}',
  'groups/script.json': '{"id":"script","profile":"script","selector":{"os":"script"}}',
  'profiles/bare.json': '{"id":"bare","boot":{}}',
  'profiles/empty.json': '{"id":"empty"}',
  'profiles/etcd.json': JSON.stringify({
    id: 'etcd',
    ignition_id: 'etcd.yaml',
    cloud_id: 'etcd.cloud',
    generic_id: 'etcd.tmpl',
    boot: {
      kernel: '/assets/fcos/vmlinuz',
      initrd: ['--name main /assets/fcos/initrd.img', 'http://other/second'],
      args: [
        'initrd=main',
        'ignition.config.url=http://m:8080/ignition?uuid=${uuid}&mac=${mac:hexhyp}',
        'console=ttyS0',
      ],
    },
  }),
  'profiles/ready.json':
    '{"id":"ready","ignition_id":"ready.ign","cloud_id":"no.cloud","generic_id":"page.html"}',
  'profiles/faulty.json':
    '{"id":"faulty","ignition_id":"faulty.yaml","cloud_id":"plain.cloud","generic_id":"missing.tmpl"}',
  'profiles/script.json': '{"id":"script","cloud_id":"script.sh","ignition_id":"broken.ign"}',
  'ignition/etcd.yaml':
    'variant: fcos\nversion: 1.4.0\nstorage:\n  files:\n    - path: /etc/hostname\n      contents: { inline: "{{.Name}}" }\n',
  'ignition/ready.ign': '{\n  "ignition": { "version": "3.4.0" }\n}\n',
  'ignition/broken.ign': '{ "ignition": ',
  'ignition/faulty.yaml': 'variant: fcos\nversion: 9.9.9\n',
  'cloud/etcd.cloud': '#cloud-config\nhostname: {{.Name}}\n',
  'cloud/plain.cloud': 'hostname: x\n',
  'cloud/script.sh': '#!/bin/sh\necho {{.request.query.os}}\n',
  'generic/etcd.tmpl':
    '{{.Name}} {{.mac}} {{.request.query.serial}} {{.request.raw_query}} {{.memory}}{{range .list}} {{.}}{{end}}\n',
  'generic/page.html': ' <HTML >',
  'generic/missing.tmpl': '{{.nothing}}',
};

describe('matchbox over HTTP', () => {
  let folder: string;
  let book: FolderBook;
  let faults: TemplateFaults;
  let house: House;
  let url: string;
  const log: string[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'imago-matchbox-http-'));
    for (const [path, text] of Object.entries({
      ...files,
      'assets/fcos/vmlinuz': '0123456789',
      'assets/.hidden': 'no',
    })) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    book = new FolderBook({ folder, found: () => undefined });
    faults = new TemplateFaults();
    const configs = new MachineConfigs({ book, languages: await openLanguages(() => undefined, ''), faults });
    const signer = {
      sign: async (body: Buffer, form: string) => Buffer.from(`${form} signature over ${body.toString()}`),
    };
    house = await openHouse({
      dialects: () => [matchboxDialect({ configs, signer, assets: () => join(folder, 'assets') })],
      logTo: { write: (line) => log.push(line) },
    });
    url = house.urlOf('matchbox');
  });
  after(async () => {
    book.close();
    await house.close();
    rmSync(folder, { recursive: true });
  });

  const get = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(url + path, init);
    const body = await answer.text();
    return { status: answer.status, type: answer.headers.get('content-type'), body, headers: answer.headers };
  };

  const chain =
    '#!ipxe\nchain ipxe?uuid=${uuid}&mac=${mac:hexhyp}&domain=${domain}&hostname=${hostname}&serial=${serial}&arch=${buildarch:uristring}\n';
  const args =
    'initrd=main ignition.config.url=http://m:8080/ignition?uuid=${uuid}&mac=${mac:hexhyp} console=ttyS0';

  for (const { path, type = PLAIN, body } of [
    { path: '/', body: 'matchbox\n' },
    { path: '/?uuid=x', body: 'matchbox\n' },
    { path: '/boot.ipxe', body: chain },
    { path: '/boot.ipxe.0', body: chain },
    {
      path: `/ipxe?${NODE}`,
      body: `#!ipxe\nkernel /assets/fcos/vmlinuz ${args}\ninitrd --name main /assets/fcos/initrd.img\ninitrd http://other/second\nboot\n`,
    },
    { path: '/ipxe', body: '#!ipxe\nkernel \nboot\n' },
    { path: '/ipxe?mac=nonsense', body: '#!ipxe\nkernel \nboot\n' },
    {
      path: `/grub?${NODE}`,
      body: `default=0\nfallback=1\ntimeout=1\nmenuentry "CoreOS (EFI)" {\necho "Loading kernel"\nlinuxefi "/assets/fcos/vmlinuz" ${args}\necho "Loading initrd"\ninitrdefi  "--name main /assets/fcos/initrd.img" "http://other/second"\n}\nmenuentry "CoreOS (BIOS)" {\necho "Loading kernel"\nlinux "/assets/fcos/vmlinuz" ${args}\necho "Loading initrd"\ninitrd  "--name main /assets/fcos/initrd.img" "http://other/second"\n}\n`,
    },
    {
      path: `/ignition?${NODE}`,
      type: 'application/json',
      body: '{"ignition":{"config":{"replace":{"verification":{}}},"proxy":{},"security":{"tls":{}},"timeouts":{},"version":"3.4.0"},"kernelArguments":{},"passwd":{},"storage":{"files":[{"group":{},"path":"/etc/hostname","user":{},"contents":{"compression":"","source":"data:,node1","verification":{}}}]},"systemd":{}}',
    },
    {
      path: '/ignition?os=ready',
      type: 'application/json',
      body: '{"ignition":{"config":{"replace":{"verification":{}}},"proxy":{},"security":{"tls":{}},"timeouts":{},"version":"3.4.0"},"kernelArguments":{},"passwd":{},"storage":{},"systemd":{}}',
    },
    { path: `/cloud?${NODE}`, body: '#cloud-config\nhostname: node1\n' },
    { path: '/cloud?os=script', body: '#!/bin/sh\necho script\n' },
    { path: `/generic?${NODE}`, body: `node1 ${MAC} s 1 ${NODE} 1.6777216e+07 a\n` },
    { path: '/generic?os=ready', type: 'text/html; charset=utf-8', body: ' <HTML >' },
    {
      path: '/metadata?MAC=52-54-00-a1-9c-ae&mac=52-54-00-a1-9c-ae&b=1',
      type: 'text/plain',
      body: `NAME=node1\nETCD_INITIAL=a=b\nETCD_TLS_ON=false\nLOAD=0.25\nMAC=${MAC}\nMEMORY=1.6777216e+07\nPORT=2380\nREADY=true\nREQUEST_QUERY_MAC=${MAC}\nREQUEST_QUERY_B=1\nREQUEST_QUERY_MAC=${MAC}\nREQUEST_RAW_QUERY=MAC=52-54-00-a1-9c-ae&mac=52-54-00-a1-9c-ae&b=1\nSTRAßE=ß\n`,
    },
    { path: '/assets/fcos/vmlinuz', type: 'application/octet-stream', body: '0123456789' },
    { path: '/boot.ipxe.sig', type: 'application/octet-stream', body: `binary signature over ${chain}` },
    { path: '/generic.asc?os=ready', body: 'armored signature over  <HTML >' },
    {
      path: '/ipxe.sig',
      type: 'application/octet-stream',
      body: 'binary signature over #!ipxe\nkernel \nboot\n',
    },
  ]) {
    it(`answers ${path}`, async () => {
      const answer = await get(path);
      expect([answer.body, answer.status, answer.type]).to.deep.equal([body, 200, type]);
      expect(answer.headers.get('content-length')).to.equal(String(Buffer.byteLength(body)));
    });
  }

  for (const { path, says } of [
    { path: '/nothing', says: /there is nothing at '\/nothing'/ },
    { path: '/ipxe/', says: /there is nothing/ },
    { path: '/ipxe?os=lost', says: /group lost names profile 'gone', which is not there or faulty/ },
    { path: '/grub?os=empty', says: /profile empty of group empty boots nothing/ },
    { path: '/ignition', says: /profile bare of group default has no ignition_id/ },
    { path: '/ignition?os=lost', says: /group lost names profile 'gone'/ },
    {
      path: '/ignition?os=faulty',
      says: /group faulty, profile faulty: ignition\/faulty\.yaml:2: version: .*9\.9\.9/,
    },
    { path: '/ignition?os=script', says: /group script, profile script: ignition\/broken\.ign:1: / },
    {
      path: '/cloud?os=ready',
      says: /group ready, profile ready: cloud\/no\.cloud: there is no such template/,
    },
    {
      path: '/cloud?os=faulty',
      says: /group faulty, profile faulty: cloud\/plain\.cloud.*must begin with #cloud-config or #!/,
    },
    {
      path: '/generic?os=faulty',
      says: /group faulty, profile faulty: template: generic\/missing\.tmpl:1:.*map has no entry for key/,
    },
    { path: '/generic.sig?os=faulty', says: /map has no entry for key/ },
    { path: '/assets/', says: /there is nothing/ },
    { path: '/assets/fcos', says: /there is nothing/ },
    { path: '/assets/none', says: /there is nothing/ },
    { path: '/assets/.hidden', says: /there is nothing/ },
    { path: '/assets/%2e%2e/groups/default.json', says: /there is nothing/ },
    { path: '/assets/..%2fgroups%2fdefault.json', says: /there is nothing/ },
    { path: '/hosts', says: /there is nothing/ },
    { path: '/api/v1/hosts', says: /there is nothing/ },
    { path: `/ipxe?x=${'x'.repeat(4200)}`, says: /4096/ },
  ]) {
    it(`answers ${path.slice(0, 60)} with 404, and the log says why`, async () => {
      log.length = 0;
      const answer = await get(path);
      expect([answer.status, answer.type, answer.body]).to.deep.equal([404, PLAIN, NOT_FOUND]);
      expect(answer.headers.get('x-content-type-options')).to.equal('nosniff');
      expect(log.join('')).to.match(says);
    });
  }

  it('no group is none of the labels, and of a mac that is none', async () => {
    await book.groups.delete('default', { name: 'ci', kind: 'operator' });
    log.length = 0;
    expect((await get('/ipxe?uuid=u9&mac=zz')).body).to.equal(NOT_FOUND);
    expect(log.join('')).to.include("no group matches 'uuid=u9'; its mac 'zz' is no hardware address");
    await book.groups.put(
      { id: 'default', name: '', profile: 'bare', selector: {} },
      { name: 'ci', kind: 'operator' },
    );
  });

  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
    it(`answers ${method} as it does GET`, async () => {
      const status = await new Promise<string>((resolve, reject) => {
        const asked = request(`${url}/boot.ipxe`, { method }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () => resolve(`${answer.statusCode} ${Buffer.concat(chunks).toString()}`));
        });
        asked.on('error', reject);
        asked.end(method === 'POST' ? 'a=b' : undefined);
      });
      expect(status).to.equal(`200 ${chain}`);
    });
  }

  it('answers HEAD with the headers alone', async () => {
    for (const path of [`/ipxe?${NODE}`, `/cloud?${NODE}`, '/assets/fcos/vmlinuz', '/']) {
      const [head, whole] = [await get(path, { method: 'HEAD' }), await get(path)];
      const { body, ...rest } = head;
      expect(body).to.equal('');
      expect([rest.status, rest.type, rest.headers.get('content-length')]).to.deep.equal([
        200,
        whole.type,
        String(Buffer.byteLength(whole.body)),
      ]);
    }
  });

  for (const { path, range, status, body, of } of [
    { path: '/assets/fcos/vmlinuz', range: 'bytes=2-4', status: 206, body: '234', of: 'bytes 2-4/10' },
    { path: '/assets/fcos/vmlinuz', range: 'bytes=-2', status: 206, body: '89', of: 'bytes 8-9/10' },
    { path: '/cloud?os=script', range: 'bytes=0-1', status: 206, body: '#!', of: 'bytes 0-1/22' },
    { path: '/ipxe', range: 'bytes=0-1', status: 200, body: '#!ipxe\nkernel \nboot\n', of: null },
  ]) {
    it(`answers ${range} of ${path}`, async () => {
      const answer = await get(path, { headers: { range } });
      expect([answer.status, answer.body, answer.headers.get('content-range')]).to.deep.equal([
        status,
        body,
        of,
      ]);
    });
  }

  it('a range beyond the end is none', async () => {
    expect((await get('/assets/fcos/vmlinuz', { headers: { range: 'bytes=10-' } })).status).to.equal(416);
  });

  describe('templates that could not be given to a machine are known', () => {
    const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
    const left = async () => {
      await faults.lookAgain();
      return faults.list();
    };
    const fault = 'group odd, profile odd: template: generic/odd:1:';
    beforeEach(async () => {
      write(
        'groups/odd.json',
        '{"id":"odd","profile":"odd","selector":{"os":"odd"},"metadata":{"name":"x"}}',
      );
      write('profiles/odd.json', '{"id":"odd","generic_id":"odd","cloud_id":"odd"}');
      write('generic/odd', '{{.nome}}');
      for (const { path } of [{ path: '/generic?os=faulty' }, { path: '/generic?os=odd' }]) await get(path);
    });
    const odd = async () => (await left()).filter((each) => each.includes('odd'));

    it('by template, until one asks again and gets it', async () => {
      expect(await odd()).to.have.length(1);
      expect(faults.list().join('\n')).to.include(fault);
      await get('/generic?os=odd');
      expect(await odd()).to.have.length(1);
      expect((await left()).join('\n')).to.include('generic/missing.tmpl:1:');
      write('generic/odd', '{{.request.query.serial}}');
      await get('/generic?os=odd');
      expect(await odd()).to.have.length(1);
      expect((await get('/generic?os=odd&serial=s')).body).to.equal('s');
      expect(faults.list().filter((each) => each.includes('odd'))).to.deep.equal([]);
    });

    for (const { what, path, text } of [
      { what: 'the template', path: 'generic/odd', text: '{{.name}}' },
      { what: 'the profile', path: 'profiles/odd.json', text: '{"id":"odd","generic_id":"page.html"}' },
      {
        what: 'the group',
        path: 'groups/odd.json',
        text: '{"id":"odd","profile":"odd","selector":{"os":"odd"},"metadata":{"nome":"x"}}',
      },
    ]) {
      it(`until ${what} has changed`, async () => {
        write(path, text);
        expect(await odd()).to.deep.equal([]);
      });
    }

    it('until it is there', async () => {
      await get('/cloud?os=odd');
      expect((await left()).join('\n')).to.include('cloud/odd');
      write('cloud/odd', '#!/bin/sh\n');
      expect((await left()).join('\n')).not.to.include('cloud/odd');
      rmSync(join(folder, 'cloud/odd'));
    });

    it('and none for who asks for what its profile names none of', async () => {
      const before = faults.list();
      await get('/ignition');
      await get('/ipxe?os=lost');
      expect(faults.list()).to.deep.equal(before);
    });
  });

  it('an edit of a group, a profile or a template holds from the next request on', async () => {
    writeFileSync(join(folder, 'groups/new.json'), '{"id":"new","profile":"new","selector":{"os":"new"}}');
    writeFileSync(join(folder, 'profiles/new.json'), '{"id":"new","generic_id":"new"}');
    writeFileSync(join(folder, 'generic/new'), 'one');
    expect((await get('/generic?os=new')).body).to.equal('one');
    writeFileSync(join(folder, 'generic/new'), 'two');
    expect((await get('/generic?os=new')).body).to.equal('two');
    writeFileSync(join(folder, 'profiles/new.json'), '{"id":"new","generic_id":"page.html"}');
    expect((await get('/generic?os=new')).body).to.equal(' <HTML >');
  });

  it('is not at the ports of imago itself, nor they at this one', async () => {
    expect((await fetch(`${house.url}/metadata`)).status).to.equal(404);
    expect((await get('/metrics')).body).to.equal(NOT_FOUND);
  });
});
