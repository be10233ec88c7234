import { expect } from 'chai';
import { chassisAnswer, type Chassis } from '../../../sandbox/chassis.js';
import type { BootOnce } from '../../../sandbox/qemu-arguments.js';

/** A machine that only notes what is done to it. */
class NotedChassis implements Chassis {
  readonly done: string[] = [];
  isOn = false;
  bootOnce: BootOnce | undefined;

  async powerOn(): Promise<void> {
    this.done.push('on');
  }
  async powerOff(): Promise<void> {
    this.done.push('off');
  }
  async reset(): Promise<void> {
    this.done.push('reset');
  }
  async pressPowerButton(): Promise<void> {
    this.done.push('button');
  }
}

describe('the chassis that a simulated BMC switches', () => {
  let chassis: NotedChassis;
  beforeEach(() => {
    chassis = new NotedChassis();
  });
  const ask = (words: string) => chassisAnswer(chassis, words.split(' '));

  const commands = [
    { words: 'set power 1', done: ['on'] },
    { words: 'set power 0', done: ['off'] },
    { words: 'set reset 1', done: ['reset'] },
    { words: 'set shutdown 1', done: ['button'] },
    { words: 'set identify 15', done: [] },
    { words: 'set boot pxe power 1', done: ['on'] },
  ];
  for (const { words, done } of commands) {
    it(`${words}: ${done.join(', ') || 'nothing'}`, async () => {
      expect(await ask(words)).to.equal('');
      expect(chassis.done).to.deep.equal(done);
    });
  }

  const devices = [
    { word: 'pxe', device: 'pxe' },
    { word: 'default', device: 'disk' },
    { word: 'bios', device: 'bios' },
    { word: 'none', device: undefined },
    { word: 'cdrom', device: undefined },
  ] as const;
  for (const { word, device } of devices) {
    it(`set boot ${word}: ${device ?? 'as always'}`, async () => {
      chassis.bootOnce = 'pxe';
      await ask(`set boot ${word}`);
      expect(chassis.bootOnce).to.equal(device);
      expect(await ask('get boot')).to.equal(`boot:${device === undefined ? 'none' : word}\n`);
    });
  }

  it('tells whether it is on', async () => {
    expect(await ask('get power identify')).to.equal('power:0\nidentify:0\n');
    chassis.isOn = true;
    expect(await ask('get power')).to.equal('power:1\n');
  });

  for (const words of ['set fan 3', 'open door', '']) {
    it(`refuses ${words || 'nothing'}`, async () => {
      let refusal: unknown;
      await ask(words).catch((error: unknown) => (refusal = error));
      expect(refusal).to.be.instanceOf(Error);
    });
  }
});
