import { expect } from 'chai';
import { Event, EventList } from '../../../src/api/events.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { openHouse, type House } from '../../support/http-house.js';

describe('/api/v1/events', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  const arrive = (serial: string) => fetch(`${house.url}/ipxe?serial=${serial}`);
  const report = (serial: string, phase: string, message: string) =>
    fetch(`${house.url}/report/${serial}/${phase}`, { method: 'POST', body: message });
  const list = async (query = '') =>
    EventList.parse(await (await fetch(`${house.url}/api/v1/events${query}`)).json()).events;

  /** Reads the stream until `count` events have come. */
  async function follow(count: number, headers: Record<string, string> = {}, query = ''): Promise<Event[]> {
    const stop = new AbortController();
    const answer = await fetch(`${house.url}/api/v1/events${query}`, {
      headers: { accept: 'text/event-stream', ...headers },
      signal: stop.signal,
    });
    expect(answer.headers.get('content-type')).to.match(/^text\/event-stream/);
    const events: Event[] = [];
    let text = '';
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) events.push(Event.parse(JSON.parse(data)));
      }
      if (events.length >= count) break;
    }
    stop.abort();
    return events;
  }

  it('lists what happened, oldest first', async () => {
    await arrive('ser1');
    await report('ser1', 'disk', 'vda');
    const events = await list();
    expect(events.map(({ kind, what, state }) => `${kind} ${what} ${state}`)).to.deep.equal([
      'change host created unknown',
      'change updated host InternalAddr unknown',
      'change updated host profile and metadata configured',
      'change set default etcd discovery token configured',
      'progress disk: vda configured',
    ]);
    expect(await list(`?since=${events[2]?.id}`)).to.deep.equal(events.slice(3));
    expect(await list('?since=nothing')).to.deep.equal(events);
    expect(await list('?serial=other')).to.deep.equal([]);
    expect((await fetch(`${house.url}/api/v1/events?colour=red`)).status).to.equal(400);
  });

  it('names what happened by codes, whatever its words', async () => {
    await arrive('ser1');
    await report('ser1', 'failed', 'no disk');
    await house.store.change({ name: 'ada', kind: 'operator' }, (fleet) => [
      { host: { ...fleet.host(parseSerial('ser1'))!, cabinet: 3 }, what: 'moved to cabinet 3 by hand' },
    ]);
    const codes = ['created', 'address', 'profile', 'default-etcd-token', 'stuck', 'failed', 'other'];
    expect((await list()).map(({ code }) => code)).to.deep.equal(codes);
    const { store } = house;
    await house.close();
    house = await openHouse({ store });
    expect((await list()).map(({ code }) => code)).to.deep.equal(
      codes.filter((code) => !['stuck', 'failed'].includes(code)),
    );
  });

  it('streams what comes, after what was missed', async () => {
    await arrive('ser1');
    const [first] = await list();
    const following = follow(7, { 'last-event-id': first?.id ?? '' });
    await arrive('ser2');
    expect((await following).map(({ serial, what }) => `${serial} ${what}`)).to.deep.equal([
      'ser1 updated host InternalAddr',
      'ser1 updated host profile and metadata',
      'ser1 set default etcd discovery token',
      'ser2 host created',
      'ser2 updated host InternalAddr',
      'ser2 updated host profile and metadata',
      'ser2 set default etcd discovery token',
    ]);
  });

  it('goes on, after a restart, right after the last change that was seen', async () => {
    await arrive('ser1');
    const [first, second, ...rest] = await list();
    await report('ser1', 'disk', 'vda');
    const reported = (await list()).at(-1);
    const { store } = house;
    await house.close();
    house = await openHouse({ store });
    expect(await list(), 'what is in the log is remembered').to.deep.equal([first, second, ...rest]);
    expect(await list(`?since=${second?.id}`)).to.deep.equal(rest);
    expect(await list(`?since=${reported?.id}`), 'a report stands after its change').to.deep.equal([]);
    await arrive('ser2');
    const after = await follow(4, { 'last-event-id': reported?.id ?? '' });
    expect(after.map(({ serial, what }) => `${serial} ${what}`)[0]).to.equal('ser2 host created');
    expect((await follow(6, { 'last-event-id': second?.id ?? '' })).map(({ id }) => id)).to.deep.equal(
      (await list()).slice(2).map(({ id }) => id),
    );
  });

  it('tells each of 5,000 changes once and in order to a watcher that comes back, while more happen', async () => {
    const serial = parseSerial('busy');
    const change = (count: number) =>
      house.store.change({ name: 'ada', kind: 'operator' }, (fleet) =>
        Array.from({ length: count }, (_, index) => ({
          host: fleet.host(serial) ?? newHost(serial),
          what: `step ${index}`,
        })),
      );
    await change(4000);
    const [seen, ...missed] = house.store.recorded;
    const following = follow(4999, { 'last-event-id': seen?.revision ?? '' });
    for (let round = 0; round < 10; round += 1) await change(100);
    const told = (await following).map(({ id }) => id);
    const all = house.store.recorded.map(({ revision }) => revision);
    expect(missed.length).to.equal(3999);
    expect(told).to.deep.equal(all.slice(1));
  });

  const changeOften = (count: number) => {
    const serial = parseSerial('busy');
    return house.store.change({ name: 'ada', kind: 'operator' }, (fleet) =>
      Array.from({ length: count }, (_, index) => ({
        host: fleet.host(serial) ?? newHost(serial),
        what: `step ${index}`,
      })),
    );
  };

  it('refuses one that is more than 10,000 changes behind, as a list and as a stream', async () => {
    await changeOften(10_002);
    const [oldest, next] = house.store.recorded;
    for (const accept of ['application/json', 'text/event-stream']) {
      const answer = await fetch(`${house.url}/api/v1/events?since=${oldest?.revision}`, {
        headers: { accept },
      });
      expect(answer.status).to.equal(410);
      expect(await answer.json()).to.include({ code: 'CHANGES_TOO_OLD', most: 10_000 });
    }
    expect(await list(`?since=${next?.revision}`)).to.have.length(10_000);
  });

  it('tells many that come back at the same time all that they missed, and keeps nobody who is gone', async () => {
    await changeOften(3000);
    const [seen] = house.store.recorded;
    const gone = Array.from({ length: 10 }, async () => {
      const stop = new AbortController();
      const asked = fetch(`${house.url}/api/v1/events?since=${seen?.revision}`, {
        headers: { accept: 'text/event-stream' },
        signal: stop.signal,
      });
      stop.abort();
      return asked.catch(() => undefined);
    });
    const told = await Promise.all(
      Array.from({ length: 10 }, () => follow(2999, { 'last-event-id': seen?.revision ?? '' })),
    );
    await Promise.all(gone);
    for (const events of told) expect(events).to.have.length(2999);
  });

  it('ends its streams when imago stops, without keeping it waiting', async () => {
    const other = await openHouse();
    const answer = await fetch(`${other.url}/api/v1/events`, { headers: { accept: 'text/event-stream' } });
    const rest = answer.text();
    const began = Date.now();
    await other.close();
    expect(await rest).to.equal(': imago\n\n');
    expect(Date.now() - began).to.be.below(3000);
  });
});
