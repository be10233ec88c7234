import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect } from 'chai';
import { FailedLogins } from '../../../src/access/failed-logins.js';
import { parseConfig } from '../../../src/config/parse-config.js';
import { createApp } from '../../../src/http/create-app.js';
import { HttpRequest } from '../../../src/http/http-request.js';
import { Traffic } from '../../../src/http/traffic.js';
import { openHouse, type House } from '../../support/http-house.js';

describe('the log line of a call that failed', () => {
  let house: House;
  let server: Server;
  const log: string[] = [];
  before(async () => {
    house = await openHouse({ logTo: { write: (line) => void log.push(line) } });
    const traffic = new Traffic({
      limits: () => house.services.config().limits.http,
      isKnown: () => false,
      cardAt: () => 'off-link' as const,
      reach: () => undefined,
      now: () => 0,
    });
    const logins = new FailedLogins({
      perMinute: () => 1,
      now: () => 0,
      wait: () => Promise.resolve(),
      reach: () => undefined,
    });
    const route = (path: string, handle: () => void) =>
      ({ method: 'GET', path, role: 'machine', handle }) as const;
    const app = createApp(
      { ...house.services, traffic, logins },
      {
        audience: 'machines',
        routes: [
          route('/faults', () => void parseConfig('cluster: 5\nnetwork: x\nhosts: 😀\n', 'imago.yaml')),
          route('/long', () => {
            throw new Error('😀'.repeat(2000));
          }),
        ],
        guard: () => undefined,
        operatorsAt: () => '',
        serveStatic: () => Promise.resolve(false),
      },
    );
    const handle = app.callback();
    server = createServer(
      { IncomingMessage: HttpRequest },
      (request, response) => void handle(request, response),
    ).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await house.close();
  });

  const lineOf = async (path: string) => {
    log.length = 0;
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    const line = log
      .map((text) => JSON.parse(text) as { msg: string })
      .find(({ msg }) => msg !== 'request answered');
    return line?.msg ?? '';
  };

  it('has all faults of a configuration one after the other', async () => {
    const line = await lineOf('/faults');
    expect(line).to.match(
      /^\d+ faults in the configuration \| imago\.yaml:1:1: cluster: .* \| imago\.yaml:2:1: network: /,
    );
    expect(line)
      .to.include("'😀'")
      .and.not.match(/[\p{Cc}\u{fffd}]/u);
  });

  it('is cut between characters', async () => {
    const line = await lineOf('/long');
    expect(line).to.match(/^(😀)+…$/u);
    expect(line.length).to.be.within(2046, 2048);
  });
});
