import { expect } from 'chai';
import { Registry } from 'prom-client';
import { parseConfig } from '../../../src/config/parse-config.js';
import type { RemoteConfig } from '../../../src/config/store-section.js';
import { RemoteExchange } from '../../../src/daemon/remote-exchange.js';
import type { Exchange, SyncSchedule } from '../../../src/store/remote/remote-sync.js';
import { houseConfig } from '../../support/http-house.js';

/** Exchanges nothing: a test says what came of it. */
class QuietRemote {
  readonly schedules: SyncSchedule[] = [];
  tell: (exchange: Exchange) => void = () => undefined;

  schedule(schedule: SyncSchedule): void {
    this.schedules.push(schedule);
  }

  subscribe(watcher: (exchange: Exchange) => void): () => void {
    this.tell = watcher;
    return () => undefined;
  }
}

const remote: RemoteConfig = { url: '/srv/backup.git', branch: 'main', pushSeconds: 60 };

describe('RemoteExchange', () => {
  let quiet: QuietRemote;
  let registry: Registry;
  let exchange: RemoteExchange;
  let told: string[];
  beforeEach(() => {
    quiet = new QuietRemote();
    registry = new Registry();
    told = [];
    exchange = new RemoteExchange({
      remote: quiet,
      registry,
      environment: {},
      clock: () => new Date(1_000_000),
    });
    exchange.subscribe(({ what }) => told.push(what));
  });

  it('begins with what is configured, once, and ends with it', () => {
    exchange.follow({ store: {} });
    exchange.follow({ store: { remote } });
    exchange.follow({ store: { remote: { ...remote } } });
    exchange.follow({ store: { remote: { ...remote, pullSeconds: 30 } } });
    exchange.follow({ store: {} });
    expect(
      quiet.schedules.map(({ push, pull }) => [push?.everySeconds, pull?.everySeconds, push?.url]),
    ).to.deep.equal([
      [60, undefined, '/srv/backup.git'],
      [60, 30, '/srv/backup.git'],
      [undefined, undefined, undefined],
    ]);
  });

  it('tells of a failure once, of its end, and of machines that were changed', () => {
    for (const exchanged of [
      { direction: 'push', error: 'no route' },
      { direction: 'push', error: 'no route' },
      { direction: 'pull', hosts: 0 },
      { direction: 'push' },
      { direction: 'pull', hosts: 2 },
    ] as const)
      quiet.tell(exchanged);
    expect(told).to.deep.equal(['push failed: no route', 'push works again', 'pulled changes to 2 machines']);
  });

  it('counts', async () => {
    quiet.tell({ direction: 'push', error: 'no route' });
    quiet.tell({ direction: 'push' });
    const metrics = await registry.metrics();
    for (const line of [
      'imago_store_exchanges_total{direction="push",outcome="failed"} 1',
      'imago_store_exchanges_total{direction="push",outcome="done"} 1',
      'imago_store_exchange_success_timestamp_seconds{direction="push"} 1000',
    ])
      expect(metrics).to.include(line);
  });
});

describe('store.remote', () => {
  const remoteOf = (text: string) =>
    parseConfig(`${houseConfig}store:\n  remote: ${text}\n`, 'x').store.remote;

  for (const url of [
    '/srv/backup.git',
    'file:///srv/backup.git',
    'ssh://git@example.org:2222/imago.git',
    'git@example.org:team/imago.git',
    'https://example.org/imago.git',
    'http://user@10.0.0.1/imago.git',
  ]) {
    it(`can be ${url}`, () => {
      expect(remoteOf(`{ url: '${url}', pushSeconds: 60 }`)).to.deep.equal({
        url,
        branch: 'main',
        pushSeconds: 60,
      });
    });
  }

  for (const { text, says } of [
    { text: "{ url: 'ext::sh -c id', pushSeconds: 60 }", says: 'is no absolute path' },
    { text: '{ url: --upload-pack=id, pushSeconds: 60 }', says: 'is no absolute path' },
    { text: '{ url: backup.git, pushSeconds: 60 }', says: 'is no absolute path' },
    { text: "{ url: 'https://a:b@x.org/y.git', pushSeconds: 60 }", says: 'holds a password' },
    { text: '{ url: /srv/x.git }', says: 'neither pushed to nor pulled from' },
    { text: '{ url: /srv/x.git, pushSeconds: 60, branch: a..b }', says: 'is not the name of a branch' },
    { text: '{ url: /srv/x.git, pushSeconds: 60, sshKey: key }', says: 'is not an absolute path' },
  ]) {
    it(`cannot be ${text}`, () => {
      expect(() => remoteOf(text)).to.throw(says);
    });
  }
});
