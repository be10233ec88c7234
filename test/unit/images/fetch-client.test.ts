import { expect } from 'chai';
import { FetchClient } from '../../../src/images/fetch-client.js';
import { startNastyServer, type NastyServer } from '../../support/nasty-server.js';
import { Outgoing } from '../../../src/net/outgoing.js';
import { answering } from '../../support/name-service.js';
import { codeOf, rejection } from '../../support/rejection.js';
import { unansweringAddress } from '../../support/unanswering-address.js';

describe('FetchClient', () => {
  let server: NastyServer;
  beforeEach(async () => {
    server = await startNastyServer();
  });
  afterEach(() => server.close());

  describe('where a redirect or a name may lead', () => {
    const fetching = async (outgoing: Outgoing, url: string): Promise<string> => {
      const client = new FetchClient({ stallSeconds: 2, tries: 2, pause: async () => {}, outgoing });
      try {
        return String(await client.small(url));
      } finally {
        await client.close();
      }
    };
    const redirect = (path: string, location: string) =>
      server.files.set(path, {
        content: Buffer.alloc(0),
        misbehave: (_, response) => Boolean(response.writeHead(302, { location }).end()),
      });
    const port = () => new URL(server.url).port;
    const elsewhere = [
      'http://127.0.0.1:1/',
      'http://127.1/',
      'http://2130706433/',
      'http://0.0.0.0/',
      'http://localhost/',
      'http://db.localhost/',
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://[fe80::1]/',
      'http://169.254.169.254/latest/meta-data/',
      'http://[fd00:ec2::254]/latest/meta-data/',
      'http://100.100.100.200/',
      'http://inside.example/',
      'http://sixth.example/',
      'http://Inside.Example./',
      'http://198.51.100.7/',
    ];
    const resolve = answering({
      'inside.example': ['169.254.169.254'],
      'inside.example.': ['169.254.169.254'],
      'sixth.example': ['::1'],
      'mixed.example': ['10.0.0.0', '127.0.0.1'],
      'mirror.example': ['127.0.0.1'],
    });
    const outgoing = (localTargets: readonly string[] = []) =>
      new Outgoing({
        resolve,
        ownAddresses: () => ['198.51.100.7'],
        localTargets: () => localTargets,
      });

    for (const { url, named = url, code } of [
      { url: 'http://mirror.example/k', code: 'LOCAL_TARGET' },
      { url: 'http://127.0.0.1:9/k', named: 'http://10.0.0.9/api', code: 'LOCAL_TARGET' },
      { url: 'http://me:secret@10.0.0.9/k', code: 'FETCH_FAILED' },
      { url: 'ftp://10.0.0.9/k', code: 'FETCH_FAILED' },
      { url: 'http://127.0.0.1:9/k', code: undefined },
      { url: 'http://mixed.example/k', code: undefined },
      { url: 'http://nobody.example/k', code: undefined },
    ]) {
      it(`is known beforehand: ${url} named by ${named} is ${code ?? 'not'} refused`, async () => {
        const client = new FetchClient({ stallSeconds: 2, tries: 2, outgoing: outgoing() });
        expect((await client.refusalOf(url, named))?.code).to.equal(code);
        await client.close();
      });
    }

    for (const location of elsewhere) {
      it(`not to ${location}`, async () => {
        redirect('/start', location);
        const error = await rejection(fetching(outgoing(), `${server.url}/start`));
        expect(codeOf(error)).to.equal('FETCH_FAILED');
        expect(error.message).to.contain('network.localTargets');
        expect(error.message).to.match(/^http:\/\/127\.0\.0\.1:\d+\/start cannot be fetched/);
        expect(server.requests).to.have.length(1);
      });
    }

    it('to the configured address itself, and by its name or a redirect where that is allowed', async () => {
      server.files.set('/file', { content: Buffer.from('whole') });
      redirect('/start', '/file');
      expect(await fetching(outgoing(), `${server.url}/start`)).to.equal('whole');
      const named = `http://mirror.example:${port()}/start`;
      expect(codeOf(await rejection(fetching(outgoing(), named)))).to.equal('FETCH_FAILED');
      expect(await fetching(outgoing(['Mirror.Example']), named)).to.equal('whole');
      redirect('/away', `${server.url}/file`);
      const away = `http://mirror.example:${port()}/away`;
      expect(codeOf(await rejection(fetching(outgoing(['mirror.example']), away)))).to.equal('FETCH_FAILED');
      expect(await fetching(outgoing(['mirror.example', '127.0.0.1']), away)).to.equal('whole');
    });

    it('to no other origin with anything but what the file needs', async () => {
      const headers: string[][] = [];
      server.files.set('/file', {
        content: Buffer.from('whole'),
        misbehave: (request) => {
          headers.push(Object.keys(request.headers));
          return false;
        },
      });
      redirect('/start', `http://mirror.example:${port()}/file`);
      await fetching(outgoing(['mirror.example']), `${server.url}/start`);
      expect(headers).to.deep.equal([['host', 'connection', 'accept-encoding', 'user-agent']]);
    });

    it('not on and on', async () => {
      redirect('/start', '/start');
      const error = await rejection(fetching(outgoing(), `${server.url}/start`));
      expect(error.message).to.contain('redirects more than 5 times');
      expect(server.requests).to.have.length(6);
    });
  });

  describe('that is closed', () => {
    const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
    const connecting = () =>
      process.getActiveResourcesInfo().filter((resource) => resource === 'ConnectWrap').length;

    it('leaves no connection behind that nobody answers, and tries none again', async () => {
      const address = await unansweringAddress();
      const client = new FetchClient({ stallSeconds: 60, tries: 5 });
      const failed = rejection(client.small(`${address.url}/k`));
      while (connecting() === 0) await nextTurn();
      await client.close();
      expect((await failed).message).to.include('imago ends');
      for (let turns = 0; turns < 10; turns += 1) await nextTurn();
      expect(connecting()).to.equal(0);
      await address.close();
    });

    it('waits neither for who keeps silent, nor to try again', async () => {
      const client = new FetchClient({ stallSeconds: 60, tries: 5 });
      const asked = new Promise<void>((resolve) =>
        server.files.set('/silent', {
          content: Buffer.alloc(0),
          misbehave: () => {
            resolve();
            return true;
          },
        }),
      );
      const pausing = new FetchClient({
        stallSeconds: 60,
        tries: 5,
        pause: (_, signal) =>
          new Promise((_resolve, reject) =>
            signal?.addEventListener('abort', () => reject(new Error('over'))),
          ),
      });
      server.files.set('/busy', {
        content: Buffer.alloc(0),
        misbehave: (_, response) => Boolean(response.writeHead(503).end()),
      });
      const both = [
        rejection(client.small(`${server.url}/silent`)),
        rejection(pausing.small(`${server.url}/busy`)),
      ];
      await asked;
      while (!server.requests.some((request) => request.includes('/busy'))) await nextTurn();
      await Promise.all([client.close(), pausing.close()]);
      for (const error of await Promise.all(both)) expect(error.message).to.include('imago ends');
      expect(codeOf(await rejection(client.small(`${server.url}/silent`)))).to.equal('FETCH_FAILED');
      expect(server.requests).to.have.length(2);
    });
  });

  it('looks at its limits with each request: they change while it is used', async () => {
    const limits = { stallSeconds: 2, tries: 1, pauses: 0 };
    const client = new FetchClient({
      get stallSeconds() {
        return limits.stallSeconds;
      },
      get tries() {
        return limits.tries;
      },
      pause: async () => void (limits.pauses += 1),
    });
    server.files.set('/busy', {
      content: Buffer.from('whole'),
      misbehave: (_, response, count) => count <= 3 && Boolean(response.writeHead(503).end()),
    });
    expect(codeOf(await rejection(client.small(`${server.url}/busy`)))).to.equal('FETCH_FAILED');
    expect(limits.pauses).to.equal(0);
    limits.tries = 5;
    expect(String(await client.small(`${server.url}/busy`))).to.equal('whole');
    expect(limits.pauses).to.equal(2);
    await client.close();
  });
});
