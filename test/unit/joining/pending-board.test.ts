import { expect } from 'chai';
import fc from 'fast-check';
import { parseSerial } from '../../../src/host/serial.js';
import { PendingBoard } from '../../../src/joining/pending-board.js';
import { keyOf, type Sighting } from '../../../src/joining/pending-machine.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';

const key = Buffer.alloc(32, 1);
const start = new Date('2026-11-21T10:00:00Z');
const later = (minutes: number) => new Date(start.getTime() + minutes * 60_000);

function machine(serial: string, more: Partial<Sighting> = {}): Sighting {
  return { serial: parseSerial(serial), isLeased: false, ...more };
}

describe('the board of machines that wait', () => {
  it('gives a machine a code of four characters, and the same each time that it asks', () => {
    const board = new PendingBoard(key);
    const first = board.saw(machine('a1'), 10, start);
    const again = board.saw(machine('a1'), 10, later(1));
    expect(first.machine?.code).to.match(/^[ACDEFGHJKMNPRTUVWXY34679]{4}$/);
    expect(again).to.deep.include({ isNew: false, pushedOut: undefined });
    expect(again.machine).to.deep.include({ code: first.machine?.code, since: start, lastSeen: later(1) });
  });

  it('gives it the same code after a restart, and another one with another key', () => {
    const codeOf = (own: Uint8Array) => new PendingBoard(own).saw(machine('a1'), 10, start).machine?.code;
    expect(codeOf(key)).to.equal(codeOf(Buffer.alloc(32, 1)));
    expect(codeOf(key)).not.to.equal(codeOf(Buffer.alloc(32, 2)));
  });

  it('takes two cards that give one serial for two machines', () => {
    const board = new PendingBoard(key);
    const codes = ['52:54:00:00:00:01', '52:54:00:00:00:02'].map(
      (mac) => board.saw(machine('a1', { mac: parseMac(mac) }), 10, start).machine?.code,
    );
    expect(new Set(codes).size).to.equal(2);
  });

  it('knows one again by its address where it does not say its card', () => {
    const board = new PendingBoard(key);
    const address = parseIpv4('10.75.0.100');
    const mac = parseMac('52:54:00:00:00:01');
    const first = board.saw(machine('a1', { mac, address, hardware: { product: 'x' } }), 10, start);
    const again = board.saw(machine('a1', { address }), 10, later(1));
    expect(again.machine).to.deep.include({ code: first.machine?.code, mac, hardware: { product: 'x' } });
    expect(board.saw(machine('a1', { address: parseIpv4('10.75.0.101') }), 10, start).isNew).to.equal(true);
  });

  it('forgets one that has not asked for an hour', () => {
    const board = new PendingBoard(key);
    board.saw(machine('a1'), 10, start);
    board.forgetGone(later(59));
    expect(board.list()).to.have.length(1);
    board.forgetGone(later(60));
    expect(board.list()).to.deep.equal([]);
  });

  it('forgets one that became a host', () => {
    const board = new PendingBoard(key);
    board.saw(machine('a1'), 10, start);
    board.saw(machine('a2'), 10, start);
    board.forgetGone(start, (serial) => serial === 'a1');
    expect(board.list().map(({ serial }) => serial)).to.deep.equal(['a2']);
  });

  describe('where it is full', () => {
    const full = (...leased: boolean[]) => {
      const board = new PendingBoard(key);
      for (const [place, isLeased] of leased.entries())
        board.saw(machine(`m${place}`, { isLeased }), 3, start);
      return board;
    };
    const table = [
      { there: [false, false, false], comes: false, goes: 'm0' },
      { there: [true, false, false], comes: false, goes: 'm1' },
      { there: [true, false, true], comes: true, goes: 'm1' },
      { there: [true, true, true], comes: false, goes: undefined },
      { there: [true, true, true], comes: true, goes: undefined },
    ];
    for (const { there, comes, goes } of table) {
      const list = there.map((isLeased) => (isLeased ? 'leased' : 'stranger')).join(', ');
      it(`${list}: ${comes ? 'a leased one' : 'a stranger'} ${goes ? `makes ${goes} go` : 'finds no room'}`, () => {
        const board = full(...there);
        const { machine: taken, pushedOut } = board.saw(machine('new', { isLeased: comes }), 3, start);
        expect(pushedOut?.serial).to.equal(goes && parseSerial(goes));
        expect(taken !== undefined).to.equal(goes !== undefined);
        expect(board.list()).to.have.length(3);
      });
    }
  });

  it('never shows more than may wait, never drops one with a lease for a stranger, and never gives two the same code', () => {
    const event = fc.record({
      serial: fc.integer({ min: 0, max: 30 }).map((number) => parseSerial(`s${number}`)),
      isLeased: fc.boolean(),
      minutes: fc.integer({ min: 0, max: 30 }),
      leaves: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), fc.integer({ min: 1, max: 8 }), (events, most) => {
        const board = new PendingBoard(key);
        let minute = 0;
        for (const { serial, isLeased, minutes, leaves } of events) {
          minute += leaves ? 0 : minutes;
          const sighting = machine(serial, { isLeased });
          if (leaves) board.remove(sighting);
          else {
            const { machine: taken, pushedOut } = board.saw(sighting, most, later(minute));
            expect(pushedOut?.isLeased ?? false).to.equal(false);
            expect(taken === undefined || keyOf(taken) === keyOf(sighting)).to.equal(true);
          }
          const all = board.list();
          expect(all.length).to.be.at.most(most);
          expect(new Set(all.map(({ code }) => code)).size).to.equal(all.length);
        }
      }),
    );
  });
});
