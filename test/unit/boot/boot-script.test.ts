import { expect } from 'chai';
import { bootScriptFor, bootsFromDisk, type BootQuestion } from '../../../src/boot/boot-script.js';
import { hostStates } from '../../../src/host/lifecycle.js';

const profile = (
  localBoot: 'auto' | 'sanboot' | 'exit' = 'auto',
  mode: 'two-stage' | 'direct-ignition' | 'diskless' = 'two-stage',
) => ({ mode, boot: { localBoot } });
const diskless = profile('auto', 'diskless');

interface Case extends Omit<BootQuestion, 'host'> {
  readonly name: string;
  readonly state: (typeof hostStates)[number];
  /** It was provisioned so. */
  readonly ranDiskless?: true;
  readonly want: string;
}

const cases: Case[] = [
  {
    name: 'a new machine with its place is installed',
    state: 'configured',
    profile: profile(),
    want: 'install',
  },
  {
    name: 'one whose installer was interrupted is installed again',
    state: 'installing',
    profile: profile(),
    want: 'install',
  },
  {
    name: 'an installed one boots its disk, by BIOS',
    state: 'installed',
    profile: profile(),
    platform: 'pcbios',
    want: 'local-disk sanboot',
  },
  {
    name: 'a running one boots its disk, by UEFI',
    state: 'running',
    profile: profile(),
    platform: 'efi',
    want: 'local-disk exit',
  },
  {
    name: 'one that does not name its platform is taken for a BIOS',
    state: 'running',
    profile: profile(),
    want: 'local-disk sanboot',
  },
  {
    name: 'a profile can choose how',
    state: 'running',
    profile: profile('sanboot'),
    platform: 'efi',
    want: 'local-disk sanboot',
  },
  {
    name: 'a profile can choose the other way',
    state: 'installed',
    profile: profile('exit'),
    platform: 'pcbios',
    want: 'local-disk exit',
  },
  {
    name: 'an installed one boots though its profile is gone',
    state: 'running',
    profile: undefined,
    want: 'local-disk sanboot',
  },
  {
    name: 'an installed one boots whatever stands in the way of installing',
    state: 'running',
    profile: profile(),
    obstacle: 'no kernel',
    want: 'local-disk sanboot',
  },
  {
    name: 'an obstacle is told to one to be installed',
    state: 'configured',
    profile: profile(),
    obstacle: 'no kernel',
    want: 'wait no kernel',
  },
  {
    name: 'one without its place waits',
    state: 'unknown',
    profile: profile(),
    want: 'wait this machine is unknown: it has no profile and address yet',
  },
  {
    name: 'one whose profile is gone waits',
    state: 'configured',
    profile: undefined,
    want: 'wait profile core of this machine is not in the configuration: add it, or give the machine another',
  },
  {
    name: 'one of a direct-ignition profile is installed',
    state: 'configured',
    profile: profile('auto', 'direct-ignition'),
    want: 'install',
  },
  {
    name: 'one of a direct-ignition profile boots its disk once it is installed',
    state: 'installed',
    profile: profile('auto', 'direct-ignition'),
    want: 'local-disk sanboot',
  },
  {
    name: 'a new diskless one boots from the network',
    state: 'configured',
    profile: diskless,
    want: 'diskless',
  },
  {
    name: 'a diskless one that runs boots from the network again',
    state: 'running',
    profile: diskless,
    ranDiskless: true,
    want: 'diskless',
  },
  {
    name: 'a diskless one that runs waits while its kernel is missing',
    state: 'running',
    profile: diskless,
    ranDiskless: true,
    obstacle: 'no kernel',
    want: 'wait no kernel',
  },
  {
    name: 'one that was installed keeps its disk though its profile became diskless',
    state: 'running',
    profile: diskless,
    want: 'local-disk sanboot',
  },
  {
    name: 'a diskless one is not installed just because its profile became another',
    state: 'running',
    profile: profile(),
    ranDiskless: true,
    want: 'wait this machine ran diskless, and its profile core would install it: set it configured for that, or give it a diskless profile',
  },
  {
    name: 'a diskless one whose profile is gone waits',
    state: 'running',
    profile: undefined,
    ranDiskless: true,
    want: 'wait profile core of this machine is not in the configuration: add it, or give the machine another',
  },
];

describe('bootScriptFor', () => {
  for (const { name, state, want, ranDiskless, ...question } of cases) {
    it(name, () => {
      const decision = bootScriptFor({
        ...question,
        host: { state, profile: 'core', ...(ranDiskless && { diskless: true }) },
      });
      expect(Object.values(decision).join(' ')).to.equal(want);
    });
  }

  it('has an answer for every state', () => {
    for (const state of hostStates)
      expect(bootScriptFor({ host: { state }, profile: profile() })).to.have.property('kind');
  });

  it('sends those to their disk that boot from it, whatever is in the way', () => {
    for (const state of hostStates) {
      for (const ran of [{}, { diskless: true } as const]) {
        for (const obstacle of [undefined, 'no kernel']) {
          const host = { state, profile: 'core', ...ran };
          const { kind } = bootScriptFor({ host, profile: profile(), obstacle });
          expect(kind === 'local-disk', JSON.stringify(host)).to.equal(bootsFromDisk(host));
        }
      }
    }
  });
});
