import { expect } from 'chai';
import type { JoiningSettings } from '../../../src/config/new-hosts-section.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { Joining, type JoiningNews } from '../../../src/joining/joining.js';
import type { RejectedMachine, Sighting } from '../../../src/joining/pending-machine.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { rejection } from '../../support/rejection.js';

function sighting(serial: string, card = 1, more: Partial<Sighting> = {}): Sighting {
  return {
    serial: parseSerial(serial),
    mac: parseMac(`52:54:00:00:00:0${card}`),
    isLeased: true,
    address: parseIpv4(`10.75.0.10${card}`),
    ...more,
  };
}

function world(settings: Partial<JoiningSettings> = {}, rejected: readonly RejectedMachine[] = []) {
  const store = new InMemoryHostStore();
  const saved: string[][] = [];
  const reached: string[] = [];
  const news: JoiningNews[] = [];
  const keeper = {
    failing: false,
    save(all: readonly RejectedMachine[]): Promise<void> {
      if (keeper.failing) return Promise.reject(new Error('the disk is full'));
      saved.push(all.map(({ serial }) => serial));
      return Promise.resolve();
    },
  };
  const joining = new Joining({
    key: Buffer.alloc(32, 1),
    settings: () => ({ mode: 'pending', maxPending: 3, ...settings }),
    fleet: store,
    rejected,
    keeper,
    reach: (name) => reached.push(name),
    clock: () => new Date('2026-11-21T10:00:00Z'),
  });
  joining.subscribe((each) => news.push(each));
  return { joining, store, saved, reached, news, keeper };
}

const serials = (machines: readonly { readonly serial: string }[]) => machines.map(({ serial }) => serial);

describe('a machine that nobody named', () => {
  it('is taken up where newHosts.mode is auto', () => {
    const { joining } = world({ mode: 'auto' });
    expect(joining.ask(sighting('a1'))).to.equal(undefined);
    expect(joining.pending()).to.deep.equal([]);
  });

  it('is told to be added where it is listed, and is not shown', () => {
    const { joining } = world({ mode: 'listed' });
    expect(joining.ask(sighting('a1'))?.message).to.equal(
      'newHosts.mode is listed: this machine has to be named under hosts, or added with imagoctl add a1',
    );
    expect(joining.pending()).to.deep.equal([]);
  });

  it('waits with its code where it is pending, and is told of once', () => {
    const { joining, news } = world();
    const answers = [1, 2].map(() => joining.ask(sighting('a1')));
    const [waiting] = joining.pending();
    expect(answers.map((each) => each?.message)).to.deep.equal(
      [1, 2].map(
        () =>
          `code ${waiting?.code}: an operator has to accept this machine, with imagoctl accept ${waiting?.code}`,
      ),
    );
    expect(news.map(({ code, machine }) => `${code} ${machine.serial}`)).to.deep.equal(['waiting a1']);
  });

  it('is told where as many wait as may', () => {
    const { joining, reached } = world({ maxPending: 1 });
    joining.ask(sighting('a1'));
    expect(joining.ask(sighting('a2', 2))?.message).to.contain('newHosts.maxPending allows (1)');
    expect(reached).to.deep.equal(['pending-machines']);
  });

  it('is shown no more once it is a host, though somebody else made it one', async () => {
    const { joining, store } = world();
    joining.ask(sighting('a1'));
    const host = newHost(parseSerial('a1'));
    await store.change({ name: 'anna', kind: 'operator' }, () => [{ host, what: 'host created' }]);
    expect(joining.pending()).to.deep.equal([]);
  });
});

describe('previewing', () => {
  it('notes nothing', () => {
    const { joining, news } = world();
    expect(joining.preview(sighting('a1'))?.message).to.contain('it gets a code when it asks');
    expect([joining.pending(), news]).to.deep.equal([[], []]);
  });

  it('knows who waits, by its card and by its serial alone', () => {
    const { joining } = world();
    joining.ask(sighting('a1'));
    const code = joining.pending()[0]?.code ?? '';
    expect(joining.preview({ serial: parseSerial('a1') })?.message).to.contain(code);
    expect(joining.preview(sighting('a1'))?.message).to.contain(code);
    expect(joining.preview(sighting('a1', 2))?.message).not.to.contain(code);
  });
});

describe('an operator names a machine that waits', () => {
  it('by its serial or its code, in either case', () => {
    const { joining } = world();
    joining.ask(sighting('a1'));
    const [waiting] = joining.pending();
    for (const word of ['a1', 'A1', waiting?.code ?? '', (waiting?.code ?? '').toLowerCase()])
      expect(joining.named(word)).to.deep.equal(waiting);
  });

  it('by its code where two give that serial', () => {
    const { joining } = world();
    joining.ask(sighting('a1', 1));
    joining.ask(sighting('a1', 2));
    const codes = joining.pending().map(({ code }) => code);
    expect(() => joining.named('a1')).to.throw(
      `'a1' is what 2 machines are called: name one by its code, ${codes.join(' or ')}`,
    );
    expect(joining.named(codes[1] ?? '').mac).to.equal('52:54:00:00:00:02');
  });

  it('and is told where none is called so', () => {
    expect(() => world().joining.named('WXYZ')).to.throw(
      "no machine waits as 'WXYZ': imagoctl pending shows",
    );
  });
});

describe('a rejected machine', () => {
  it('is told so, shown no more, and kept', async () => {
    const { joining, saved, news } = world();
    joining.ask(sighting('a1'));
    const { code } = await joining.reject('a1', 'anna');
    expect(joining.ask(sighting('a1'))?.message).to.equal(
      `code ${code}: an operator rejected this machine, and imagoctl accept ${code} takes it up all the same`,
    );
    expect(joining.pending()).to.deep.equal([]);
    expect(joining.rejected().map(({ serial, by }) => `${serial} by ${by}`)).to.deep.equal(['a1 by anna']);
    expect(saved).to.deep.equal([['a1']]);
    expect(news.map(({ code: what, by }) => [what, by])).to.deep.equal([
      ['waiting', undefined],
      ['rejected', 'anna'],
    ]);
  });

  it('stays rejected after a restart, in every mode', async () => {
    const before = world();
    before.joining.ask(sighting('a1'));
    await before.joining.reject('a1', 'anna');
    for (const mode of ['auto', 'pending', 'listed'] as const) {
      const { joining } = world({ mode }, before.joining.rejected());
      expect(joining.ask(sighting('a1'))?.reason).to.equal('rejected');
    }
  });

  it('is none for another card of that serial', async () => {
    const { joining } = world();
    joining.ask(sighting('a1', 1));
    await joining.reject('a1', 'anna');
    expect(joining.ask(sighting('a1', 2))?.reason).to.equal('pending');
  });

  it('waits again, with its code, once that is forgotten', async () => {
    const { joining, saved } = world();
    joining.ask(sighting('a1'));
    const { code } = await joining.reject('a1', 'anna');
    await joining.forget(code);
    expect(joining.ask(sighting('a1'))?.message).to.contain(`code ${code}: an operator has to accept`);
    expect(saved).to.deep.equal([['a1'], []]);
  });

  it('may be named to be accepted all the same, and is rejected no more then', async () => {
    const { joining, saved } = world();
    joining.ask(sighting('a1'));
    await joining.reject('a1', 'anna');
    const machine = joining.named('a1');
    await joining.accepted(machine);
    expect(joining.rejected()).to.deep.equal([]);
    expect(saved.at(-1)).to.deep.equal([]);
  });

  it('waits on where that cannot be kept', async () => {
    const { joining, keeper } = world();
    joining.ask(sighting('a1'));
    keeper.failing = true;
    expect(await rejection(joining.reject('a1', 'anna'))).to.have.property('message', 'the disk is full');
    expect(serials(joining.pending())).to.deep.equal(['a1']);
    expect(joining.rejected()).to.deep.equal([]);
  });

  it('is not lost to another one that is rejected at the same moment', async () => {
    const { joining, saved } = world();
    joining.ask(sighting('a1', 1));
    joining.ask(sighting('a2', 2));
    await Promise.all([joining.reject('a1', 'anna'), joining.reject('a2', 'ben')]);
    expect(serials(joining.rejected())).to.deep.equal(['a1', 'a2']);
    expect(saved.at(-1)).to.deep.equal(['a1', 'a2']);
  });

  it('makes the oldest go beyond a thousand', async () => {
    const now = new Date('2026-11-21T09:00:00Z');
    const old = Array.from({ length: 1000 }, (_, place): RejectedMachine => {
      const serial = parseSerial(`old${place}`);
      return {
        serial,
        isLeased: true,
        code: `C${place}`,
        since: now,
        lastSeen: now,
        by: 'anna',
        rejected: now,
      };
    });
    const { joining, reached } = world({}, old);
    joining.ask(sighting('a1'));
    await joining.reject('a1', 'anna');
    const all = serials(joining.rejected());
    expect([all.length, all[0], all.at(-1)]).to.deep.equal([1000, 'old1', 'a1']);
    expect(reached).to.deep.equal(['rejected-machines']);
  });
});

it('strangers who come and go tell no more than a few a minute', () => {
  const { joining, news, reached } = world({ maxPending: 2 });
  for (let number = 0; number < 50; number += 1)
    joining.ask({ serial: parseSerial(`s${number}`), isLeased: false });
  expect(news).to.have.length(2);
  expect(reached.filter((name) => name === 'pending-news')).to.have.length(48);
});
