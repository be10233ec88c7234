import { expect } from 'chai';
import { BootSources, type BootAsker, type BootSource } from '../../../src/boot/boot-source.js';
import { InvalidValue } from '../../../src/errors.js';
import type { SourceName } from '../../../src/host/source-name.js';

const asker: BootAsker = { mac: undefined, uuid: undefined, serial: 'a', labels: {} };

function source(name: BootSource['name'], knows: boolean): BootSource {
  const plan = { kind: 'script', reason: name, text: '#!ipxe\n' } as const;
  return { name, find: () => (knows ? { plan, by: `of ${name}`, rule: 'it is in it' } : undefined) };
}

describe('BootSources', () => {
  const cases: readonly {
    readonly order: readonly SourceName[];
    readonly knows: readonly BootSource['name'][];
    readonly isHost: boolean;
    readonly want: string;
  }[] = [
    { order: ['hosts'], knows: [], isHost: false, want: 'hosts' },
    { order: ['hosts', 'matchbox'], knows: ['matchbox'], isHost: true, want: 'hosts' },
    { order: ['hosts', 'matchbox'], knows: ['matchbox'], isHost: false, want: 'matchbox' },
    { order: ['hosts', 'matchbox'], knows: [], isHost: false, want: 'hosts' },
    { order: ['matchbox', 'hosts'], knows: ['matchbox'], isHost: true, want: 'matchbox' },
    { order: ['matchbox', 'hosts'], knows: [], isHost: true, want: 'hosts' },
    { order: ['bootcfg', 'matchbox'], knows: ['bootcfg', 'matchbox'], isHost: true, want: 'bootcfg' },
    { order: ['bootcfg', 'matchbox'], knows: [], isHost: true, want: 'nobody' },
    { order: ['hosts', 'matchbox'], knows: ['static', 'matchbox'], isHost: true, want: 'static' },
    { order: ['hosts'], knows: ['matchbox'], isHost: false, want: 'hosts' },
  ];
  for (const { order, knows, isHost, want } of cases) {
    it(`asked ${order.join(', ')}: a machine that ${isHost ? 'is a host, and that ' : ''}${knows.join(', ') || 'nobody'} knows is decided for by ${want}`, async () => {
      const all = (['static', 'matchbox', 'bootcfg'] as const).map((name) =>
        source(name, knows.includes(name)),
      );
      const sources = new BootSources(
        () => order,
        (name) => all.find((each) => each.name === name),
      );
      expect((await sources.decide(asker, () => isHost)).from).to.equal(want);
    });
  }

  it('has a machine wait whose source cannot tell now, and asks no later one', async () => {
    const failing: BootSource = {
      name: 'matchbox',
      find: () => Promise.reject(new InvalidValue('a group', 'x', 'has no profile')),
    };
    const sources = new BootSources(
      () => ['matchbox', 'bootcfg'],
      (name) => [failing, source('bootcfg', true)].find((each) => each.name === name),
    );
    const decision = await sources.decide(asker, () => false);
    expect(decision).to.deep.include({ from: 'nobody' });
    expect(decision.from === 'nobody' && decision.obstacle).to.match(/^matchbox: .*has no profile/);
  });

  it('lets what is no fault of a source through', async () => {
    const broken: BootSource = {
      name: 'matchbox',
      find() {
        throw new TypeError('broken');
      },
    };
    const sources = new BootSources(
      () => ['matchbox'],
      () => broken,
    );
    const failure = await sources.decide(asker, () => false).catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(TypeError);
  });
});
