import { expect } from 'chai';
import { PacedCheckout } from '../../../../src/store/worktree/paced-checkout.js';
import { CheckoutFolder } from '../../../support/checkout-folder.js';

const hosts = Array.from({ length: 40 }, (_, index) => `ser${index}`);
/** Milliseconds between two batches of a storm. */
const APART = 20;
const PER_BATCH = 5;

interface Moment {
  readonly time: number;
  readonly mark: number | undefined;
  readonly head: number;
  /** Which commit wrote each file. */
  readonly files: readonly (number | undefined)[];
}

/** The disk thread as it goes through time: batches when they come, and between them what is due. */
class Days {
  now = 0;
  head = 0;
  /** Each time that the mark moved. */
  readonly moves: Moment[] = [];
  /** When the lock of the index was not held after a step. */
  readonly unlocked: number[] = [];
  readonly #paced: PacedCheckout;
  #due = 0;

  constructor(readonly folder: CheckoutFolder) {
    this.#paced = new PacedCheckout(folder.checkout, 0);
  }

  storm(milliseconds: number): void {
    for (const end = this.now + milliseconds; this.now < end; this.rest(APART)) {
      const first = (this.head * 7) % hosts.length;
      this.head += 1;
      this.folder.commit(this.head, ...hosts.slice(first, first + PER_BATCH));
      this.#paced.noteBatch(this.now);
      this.#due = this.now;
    }
  }

  hurry(): void {
    this.#paced.hurry();
  }

  rest(milliseconds: number): void {
    const end = this.now + milliseconds;
    while (this.#due < end) {
      this.now = this.#due;
      this.#due = this.now + Math.max(1, this.#paced.step(this.now));
      this.#note();
    }
    this.now = end;
  }

  #note(): void {
    if (!this.folder.holdsIndexLock) this.unlocked.push(this.now);
    const { mark } = this.folder;
    if (mark === this.moves.at(-1)?.mark) return;
    const files = hosts.map((host) => this.folder.writtenBy(host));
    this.moves.push({ time: this.now, mark, head: this.head, files });
  }
}

describe('the pace of the work tree', () => {
  let folder: CheckoutFolder;
  let days: Days;
  beforeEach(() => {
    folder = new CheckoutFolder();
    days = new Days(folder);
  });
  afterEach(() => folder.remove());

  it('is at the last commit, marked as such, soon after a change that is alone', () => {
    days.storm(APART);
    days.rest(100);
    expect(folder.mark).to.equal(undefined);
    days.rest(150);
    expect(folder.mark).to.equal(1);
    expect(folder.checkout.isSettled).to.equal(true);
    expect(folder.holdsIndexLock).to.equal(false);
  });

  it('leaves files alone in a short storm, and then writes each once', () => {
    days.storm(1000);
    expect(hosts.filter((host) => folder.writtenBy(host) !== undefined)).to.deep.equal([]);
    days.rest(300);
    expect(folder.mark).to.equal(50);
    expect(folder.checkout.isSettled).to.equal(true);
  });

  it('follows in a storm without a pause as well: files, and the mark behind them', () => {
    days.storm(30_000);
    const [first, ...more] = days.moves;
    expect(first?.time).to.be.within(5000, 8000);
    expect(more).to.have.length.of.at.least(3);
    for (const { mark = 0, head, time } of days.moves)
      expect((head - mark) * APART, `milliseconds of storm behind the commits, at ${time}`).to.be.below(2500);
    const gaps = more.map(({ time }, index) => time - (days.moves[index + 1]?.time ?? 0));
    for (const gap of gaps) expect(gap, 'from one mark to the next').to.be.below(8000);
    for (const host of hosts)
      expect(days.head - (folder.writtenBy(host) ?? 0), `commits that ${host} is behind`).to.be.below(120);
  });

  it('follows at once, storm or not, where a start found it behind', () => {
    days.hurry();
    days.storm(800);
    const [first] = days.moves;
    expect(first?.mark).to.be.at.least(1);
    expect(first?.time).to.be.below(400);
    days.storm(500);
    expect(hosts.filter((host) => (folder.writtenBy(host) ?? 0) > 40)).to.deep.equal([]);
  });

  it("gives the lock of git's index back every three seconds of a storm", () => {
    days.storm(20_000);
    const gaps = days.unlocked.map((time, index) => time - (days.unlocked[index - 1] ?? 0));
    expect(Math.max(...gaps)).to.be.below(3100);
  });

  it('never marks a commit that the files have not reached', () => {
    days.storm(15_000);
    expect(days.moves).to.have.length.of.at.least(2);
    for (const { mark = 0, files } of days.moves) {
      files.forEach((file, index) => {
        expect(file, `${hosts[index]} when ${mark} was marked`).to.be.at.least(lastChange(index, mark));
      });
    }
  });

  it('comes to rest after a long storm', () => {
    days.storm(7000);
    days.rest(1000);
    expect(folder.mark).to.equal(days.head);
    expect(folder.checkout.isSettled).to.equal(true);
    expect(folder.holdsIndexLock).to.equal(false);
  });

  /** Of a host the newest commit, up to this one, that changed it. */
  function lastChange(host: number, until: number): number {
    for (let number = until; number > 0; number -= 1) {
      const first = ((number - 1) * 7) % hosts.length;
      if (host >= first && host < first + PER_BATCH) return number;
    }
    return 0;
  }
});
