import { expect } from 'chai';
import { FetchClient } from '../../../src/images/fetch-client.js';
import { startNastyServer, type NastyServer } from '../../support/nasty-server.js';
import { codeOf, rejection } from '../../support/rejection.js';

describe('FetchClient', () => {
  let server: NastyServer;
  beforeEach(async () => {
    server = await startNastyServer();
  });
  afterEach(() => server.close());

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
