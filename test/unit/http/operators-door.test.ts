import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { createHttpServers } from '../../../src/http/create-http-servers.js';
import { openHouse, type House } from '../../support/http-house.js';

describe('where operators are asked who they are', () => {
  let house: House;
  before(async () => {
    house = await openHouse({
      proofs: [
        {
          proven: ({ authorization }) =>
            authorization === undefined ? undefined : { name: 'ada', role: 'viewer', by: 'token' },
        },
      ],
    });
  });
  after(() => house.close());

  it('answers 401 to one who shows nothing, and says how he can', async () => {
    const answer = await fetch(`${house.provenUrl}/api/v1/hosts`, { headers: { 'X-Imago-Operator': 'ada' } });
    expect(answer.status).to.equal(401);
    expect(answer.headers.get('www-authenticate')).to.equal('Bearer');
    expect(await answer.json()).to.include({ code: 'NOT_AUTHENTICATED' });
  });

  it('answers 403 to one whose role is not enough, and changes nothing', async () => {
    const headers = { Authorization: 'Bearer x', 'Content-Type': 'application/json' };
    const body = '{"serial":"ser1"}';
    const answer = await fetch(`${house.provenUrl}/api/v1/hosts`, { method: 'POST', headers, body });
    expect(answer.status).to.equal(403);
    expect(await answer.json()).to.include({ code: 'NOT_ALLOWED', role: 'viewer' });
    expect(house.store.size).to.equal(0);
    expect((await fetch(`${house.provenUrl}/api/v1/hosts`, { headers })).status).to.equal(200);
  });

  it('tells whoever asks whether it is well', async () => {
    expect((await fetch(`${house.provenUrl}/health`)).status).to.equal(200);
    expect((await fetch(`${house.provenUrl}/metrics`)).status).to.equal(401);
  });
});

describe('the listener of machines', () => {
  it('tells operators where they are answered', async () => {
    const house = await openHouse();
    await house.close();
    const servers = createHttpServers(
      house.services,
      [],
      [{ audience: 'machines', address: '127.0.0.1', port: 0, setting: 'listeners.http.port' }],
    );
    const [machines] = await servers.start();
    const url = `http://127.0.0.1:${machines?.port}`;
    try {
      for (const path of ['/api/v1/hosts', '/api/v1/nothing', '/metrics']) {
        const answer = await fetch(url + path);
        expect(answer.status, path).to.equal(403);
        expect(await answer.text()).to.include('operators are answered at https://10.75.0.1:4443');
      }
      expect((await fetch(`${url}/nothing`)).status).to.equal(404);
    } finally {
      await servers.close();
    }
  });
});

describe('a path with a capability before it', () => {
  let house: House;
  const log: string[] = [];
  before(async () => {
    house = await openHouse({ logTo: { write: (line) => void log.push(line) } });
  });
  after(() => house.close());
  const token = '0123456789abcdef'.repeat(2);

  it('names what it names without it, and the capability is not in the log', async () => {
    expect(await (await fetch(`${house.url}/m/${token}`)).text()).to.equal('this is imago 1.2.3\n');
    expect((await fetch(`${house.url}/m/${token}/boot.ipxe`)).status).to.equal(200);
    expect((await fetch(`${house.url}/m/${token}/nothing`)).status).to.equal(404);
    expect(log.join('')).to.include('/m/…/boot.ipxe').and.not.include(token);
  });

  for (const path of [
    '/m/short/boot.ipxe',
    `/m/${token}x/boot.ipxe`,
    `/m/${token.toUpperCase()}/boot.ipxe`,
    '/m/',
  ])
    it(`${path} names nothing`, async () => {
      const answer = await fetch(house.url + path);
      expect(answer.status).to.equal(404);
      expect(await answer.text()).not.to.include(token);
      expect(log.join('')).not.to.include(token);
    });
});

describe('the socket of operators', () => {
  const folder = mkdtempSync(join(tmpdir(), 'imago-socket-'));
  const socket = join(folder, 'admin.sock');
  const listener = {
    audience: 'operators',
    way: 'socket',
    socket,
    setting: 'listeners.admin.socket',
  } as const;
  after(() => rmSync(folder, { recursive: true }));

  const ask = async (path: string, headers = {}) => {
    const [answer] = await once(request({ socketPath: socket, path, headers }).end(), 'response');
    return { status: answer.statusCode, body: await text(answer) };
  };

  async function whileListening(act: () => Promise<void>): Promise<void> {
    const house = await openHouse();
    const servers = createHttpServers(house.services, [], [listener]);
    try {
      await servers.start();
      await act();
    } finally {
      await servers.close();
      await house.close();
    }
  }

  it('is for its owner alone, who needs no token, whatever name of the server he asks for', async () => {
    await whileListening(async () => {
      expect(statSync(socket).mode & 0o777).to.equal(0o600);
      expect((await ask('/api/v1/version')).status).to.equal(200);
      expect((await ask('/ipxe?serial=ser1')).status).to.equal(404);
    });
  });

  it('takes the place of one that a killed process left', async () => {
    const script = `require('net').createServer().listen(${JSON.stringify(socket)}, () => console.log('on'))`;
    const killed = spawn(process.execPath, ['-e', script]);
    await once(killed.stdout, 'data');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(statSync(socket).isSocket()).to.equal(true);
    await whileListening(async () => {
      expect((await ask('/health')).status).to.equal(200);
    });
  });

  const failure = (path: string) =>
    openHouse().then(async (house) => {
      const servers = createHttpServers(house.services, [], [{ ...listener, socket: path }]);
      const reason = await servers.start().then(
        () => 'none',
        (error: unknown) => (error instanceof Error ? error.message : ''),
      );
      await servers.close();
      await house.close();
      return reason;
    });

  it('leaves one alone that answers', async () => {
    const other = createServer().listen(socket);
    await once(other, 'listening');
    expect(await failure(socket)).to.equal(
      `cannot listen on the socket ${socket}: another imago answers there: stop it, or set listeners.admin.socket`,
    );
    other.close();
  });

  it('says that its path is too long, or its folder not there', async () => {
    expect(await failure(join(folder, 'x'.repeat(110)))).to.include('107 bytes');
    expect(await failure(join(folder, 'none/admin.sock'))).to.include('its folder is not there, or');
  });
});
