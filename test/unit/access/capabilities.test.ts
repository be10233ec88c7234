import { expect } from 'chai';
import fc from 'fast-check';
import { Capabilities } from '../../../src/access/capabilities.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial, type Serial } from '../../../src/host/serial.js';
import { parseIpv4, type Ipv4 } from '../../../src/net/ipv4.js';
import { parseMac, type MacAddress } from '../../../src/net/mac-address.js';
import { admitAsker, type Admission } from '../../../src/provision/admit-asker.js';
import { CardRefused } from '../../../src/provision/card-refused.js';
import type { BootPlace, SeenCard } from '../../../src/provision/machine-proof.js';
import type { Asker } from '../../../src/provision/new-host-gate.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';

const a = parseSerial('a');
const b = parseSerial('b');
const place: BootPlace = {
  address: parseIpv4('10.75.0.50'),
  epoch: 1,
  card: parseMac('52:54:00:00:00:01'),
};

function tokens() {
  let count = 0;
  return () => {
    count += 1;
    return { token: `token ${count}`, digest: `digest ${count}` };
  };
}

describe('Capabilities', () => {
  const give = (capabilities: Capabilities, make: ReturnType<typeof tokens>, now: number, at = place) =>
    capabilities.give(a, at, now, make).token;

  it('gives each boot its own, and ends the one of the boot before', () => {
    const capabilities = new Capabilities();
    const make = tokens();
    give(capabilities, make, 0);
    capabilities.use(a, undefined);
    expect(capabilities.bootOf(a)).to.equal('digest 1');
    expect(give(capabilities, make, 1000)).to.equal('token 2');
    expect(capabilities.byDigest('digest 1')).to.equal(undefined);
    expect(capabilities.byDigest('digest 2')).to.include({ serial: a, isUsed: false });
    expect(capabilities.bootOf(a)).to.equal('digest 2');
    expect(capabilities.size).to.equal(1);
  });

  const retries: readonly {
    name: string;
    meanwhile: (all: Capabilities) => void;
    now: number;
    at?: BootPlace;
    want: string;
  }[] = [
    { name: 'the answer was lost', meanwhile: () => undefined, now: 14_999, want: 'token 1' },
    { name: 'later it is another boot', meanwhile: () => undefined, now: 15_000, want: 'token 2' },
    {
      name: 'what was used is another boot’s',
      meanwhile: (all) => all.use(a, undefined),
      now: 10,
      want: 'token 2',
    },
    {
      name: 'what moved is another boot’s',
      meanwhile: (all) => all.use(a, { ...place, card: parseMac('52:54:00:00:00:02') }),
      now: 10,
      want: 'token 2',
    },
    {
      name: 'from another address it is another boot',
      meanwhile: () => undefined,
      now: 10,
      at: { ...place, address: parseIpv4('10.75.0.51') },
      want: 'token 2',
    },
    {
      name: 'after another holder of the address it is another boot',
      meanwhile: () => undefined,
      now: 10,
      at: { ...place, epoch: 2 },
      want: 'token 2',
    },
    { name: 'the clock was put back', meanwhile: () => undefined, now: -1, want: 'token 2' },
    { name: 'the host was retired meanwhile', meanwhile: (all) => all.forget(a), now: 10, want: 'token 2' },
  ];
  for (const { name, meanwhile, now, at, want } of retries) {
    it(`asked again for the script: ${name}`, () => {
      const capabilities = new Capabilities();
      const make = tokens();
      give(capabilities, make, 0);
      meanwhile(capabilities);
      expect(give(capabilities, make, now, at)).to.equal(want);
    });
  }

  it('remembers tokens themselves for a short while only', () => {
    const capabilities = new Capabilities();
    const make = tokens();
    give(capabilities, make, 0);
    capabilities.give(b, place, 20_000, make);
    expect(JSON.stringify([...capabilities.all()])).to.not.include('token');
    expect(give(capabilities, make, 5)).to.equal('token 3');
  });

  it('says what is to be written down, and that nothing is', () => {
    const capabilities = new Capabilities();
    expect(capabilities.use(a, undefined)).to.equal(undefined);
    expect(capabilities.end(a)).to.equal(undefined);
    capabilities.give(a, place, 0, tokens());
    expect(capabilities.use(a, place)).to.include({ isUsed: true, hasMoved: false });
    expect(capabilities.use(a, place)).to.equal(undefined);
    const other = { address: parseIpv4('10.75.0.60'), epoch: 4, card: place.card };
    expect(capabilities.use(a, other)).to.include({ ...other, hasMoved: false });
    expect(capabilities.use(a, { ...other, card: parseMac('52:54:00:00:00:02') })).to.include({
      hasMoved: true,
    });
    expect(capabilities.end(a)).to.include({ isOver: true });
    expect(capabilities.end(a)).to.equal(undefined);
    expect(capabilities.forget(a)).to.equal(true);
    expect(capabilities.forget(a)).to.equal(false);
    expect(capabilities.byDigest('digest 1')).to.equal(undefined);
  });
});

/** Three machines of two cards each, one of which its host knows, and four addresses: whatever they and their leases do. */
class World {
  readonly capabilities = new Capabilities();
  readonly tokens: { token: string; serial: Serial }[] = [];
  readonly latest = new Map<Serial, string>();
  readonly #make = tokens();
  readonly #holders = new Map<Ipv4, { card: MacAddress; epoch: number; isInForce: boolean }>();
  #hosts: readonly Host[] = serials.map((serial, index) =>
    newHost(serial, { state: 'installing', internalAddress: fixed[index]!, cards: [card(index, 0)] }),
  );
  #epoch = 0;

  lease(holder: MacAddress, address: Ipv4): void {
    const known = this.#holders.get(address);
    for (const [other, lease] of this.#holders)
      if (lease.card === holder && other !== address)
        this.#holders.set(other, { ...lease, isInForce: false });
    const isSame = known?.card === holder;
    if (!isSame) this.#epoch += 1;
    this.#holders.set(address, { card: holder, epoch: isSame ? known.epoch : this.#epoch, isInForce: true });
  }

  release(address: Ipv4): void {
    const known = this.#holders.get(address);
    if (known) this.#holders.set(address, { ...known, isInForce: false });
  }

  /** Somebody asks in the name of a host. */
  ask(serial: Serial, address: Ipv4, neighbour: SeenCard, shown: string | undefined): Admission | undefined {
    const lease = this.#holders.get(address);
    const { capabilities } = this;
    const asker: Asker = {
      address,
      leasedTo: lease?.card,
      hasLease: lease?.isInForce === true,
      isServer: false,
      proof: {
        neighbour,
        epoch: lease?.epoch ?? 0,
        capability:
          shown === undefined
            ? undefined
            : (capabilities.byDigest(shown.replace('token', 'digest')) ?? 'unknown'),
      },
    };
    try {
      const settings = { leases: 'required', proof: 'required', predefined: new Map() } as const;
      const admission = admitAsker(
        new InMemoryHostStore(this.#hosts),
        { serial, kind: 'configuration' },
        asker,
        settings,
      );
      const { cards, capability } = admission;
      if (cards)
        this.#hosts = this.#hosts.map((host) => (host.serial === serial ? { ...host, cards } : host));
      if (capability) capabilities.use(serial, capability.place);
      return admission;
    } catch (error) {
      if (error instanceof CardRefused) return undefined;
      throw error;
    }
  }

  boot(serial: Serial, address: Ipv4, neighbour: SeenCard, now: number): void {
    if (!this.ask(serial, address, neighbour, undefined)) return;
    const lease = this.#holders.get(address);
    const at = {
      address,
      epoch: lease?.epoch ?? 0,
      card: lease?.isInForce === true ? lease.card : undefined,
    };
    const { token } = this.capabilities.give(serial, at, now, this.#make);
    if (!this.tokens.some((known) => known.token === token)) this.tokens.push({ token, serial });
    this.latest.set(serial, token);
  }

  cardsOf(serial: Serial): readonly MacAddress[] {
    return this.#hosts.find((host) => host.serial === serial)?.cards ?? [];
  }
}

const serials = ['a', 'b', 'c'].map((text) => parseSerial(text));
const fixed = ['10.75.0.10', '10.75.0.11', '10.75.0.12'].map((text) => parseIpv4(text));
const addresses = ['10.75.0.50', '10.75.0.51', '10.75.0.52', '10.75.0.10'].map((text) => parseIpv4(text));
const card = (machine: number, index: number) => parseMac(`52:54:00:00:0${machine}:0${index}`);
const every = [0, 1, 2, 3].flatMap((machine) => [card(machine, 0), card(machine, 1)]);

describe('by its capability', () => {
  const step = fc.record({
    what: fc.constantFrom('lease', 'lease', 'boot', 'boot', 'ask', 'ask', 'ask', 'release', 'up'),
    serial: fc.constantFrom(...serials),
    address: fc.constantFrom(...addresses),
    holder: fc.constantFrom(...every),
    neighbour: fc.constantFrom<SeenCard>(...every, 'off-link', undefined),
    isHonest: fc.boolean(),
    token: fc.nat(20),
    wait: fc.nat(20_000),
  });

  it('whatever boots, leases and askers do: nobody is another host, or a boot of before, and one more card at most joins a boot', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const world = new World();
        const joined = new Map<string, Set<MacAddress>>();
        let now = 0;
        for (const { what, serial, address, holder, neighbour, isHonest, token, wait } of steps) {
          now += wait;
          const seen = isHonest ? holder : neighbour;
          if (what === 'lease') world.lease(holder, address);
          else if (what === 'release') world.release(address);
          else if (what === 'up') world.capabilities.end(serial);
          else if (what === 'boot') world.boot(serial, address, seen, now);
          else {
            const shown = world.tokens[token % Math.max(1, world.tokens.length)];
            const before = new Set(world.cardsOf(serial));
            const isOver = [...world.capabilities.all()].find((each) => each.serial === serial)?.isOver;
            const admission = world.ask(serial, address, seen, shown?.token);
            if (!admission?.capability || !shown) continue;
            expect(shown.serial, 'another host').to.equal(serial);
            expect(shown.token, 'a boot of before').to.equal(world.latest.get(serial));
            expect(isOver, 'after its system was up').to.equal(false);
            const news = joined.get(shown.token) ?? new Set();
            for (const each of world.cardsOf(serial)) if (!before.has(each)) news.add(each);
            joined.set(shown.token, news);
            expect(news.size, 'cards that joined one boot').to.be.at.most(1);
          }
          const all = serials.flatMap((each) => world.cardsOf(each));
          expect(new Set(all).size, 'a card of two hosts').to.equal(all.length);
        }
      }),
      { numRuns: 500 },
    );
  });
});
