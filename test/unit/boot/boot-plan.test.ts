import { expect } from 'chai';
import {
  bootsFromDisk,
  planBoot,
  planInstaller,
  type BootPlan,
  type BootQuestion,
} from '../../../src/boot/boot-plan.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { hostStates } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';

const profile = (
  localBoot: 'auto' | 'sanboot' | 'exit' = 'auto',
  mode: 'two-stage' | 'direct-ignition' | 'diskless' = 'two-stage',
) => ({
  name: 'core',
  mode,
  osVersion: '3975.2.0',
  boot: {
    localBoot,
    kernel: 'vmlinuz',
    initrd: ['initrd.cpio.gz', 'more/my oem.cpio'],
    kernelArguments: ['a=${mac}'],
  },
});
const base = 'http://10.75.0.1:4080';
const urls = {
  base,
  bootIpxe: `${base}/boot.ipxe`,
  firstStage: `${base}/first-stage-script/ser1`,
  ignition: `${base}/ignition/ser1`,
  installerIgnition: `${base}/ignition/ser1/installer`,
  images: `${base}/images/ser1`,
};
const host = (facts: Partial<Host>) =>
  newHost(parseSerial('ser1'), { profile: 'core', internalAddress: parseIpv4('10.75.0.17'), ...facts });
const diskless = profile('auto', 'diskless');

interface Case extends Omit<BootQuestion, 'host' | 'urls'> {
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
    want: 'own-disk sanboot',
  },
  {
    name: 'a running one boots its disk, by UEFI',
    state: 'running',
    profile: profile(),
    platform: 'efi',
    want: 'own-disk exit',
  },
  {
    name: 'one that does not name its platform is taken for a BIOS',
    state: 'running',
    profile: profile(),
    want: 'own-disk sanboot',
  },
  {
    name: 'a profile can choose how',
    state: 'running',
    profile: profile('sanboot'),
    platform: 'efi',
    want: 'own-disk sanboot',
  },
  {
    name: 'a profile can choose the other way',
    state: 'installed',
    profile: profile('exit'),
    platform: 'pcbios',
    want: 'own-disk exit',
  },
  {
    name: 'an installed one boots though its profile is gone',
    state: 'running',
    profile: undefined,
    want: 'own-disk sanboot',
  },
  {
    name: 'an installed one boots whatever stands in the way of installing',
    state: 'running',
    profile: profile(),
    obstacle: 'no kernel',
    want: 'own-disk sanboot',
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
    want: 'own-disk sanboot',
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
    want: 'own-disk sanboot',
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

/** In a word, and how or why. */
function toldBy(plan: BootPlan): string {
  if (plan.kind === 'kernel') return plan.purpose;
  if (plan.kind === 'own-disk') return `own-disk ${plan.method}`;
  return `${plan.kind} ${plan.reason}`;
}

describe('planBoot', () => {
  for (const { name, state, want, ranDiskless, ...question } of cases) {
    it(name, () => {
      const plan = planBoot({
        ...question,
        urls,
        host: host({ state, ...(ranDiskless && { diskless: true }) }),
      });
      expect(toldBy(plan)).to.equal(want);
    });
  }

  it('has an answer for every state', () => {
    for (const state of hostStates)
      expect(planBoot({ host: host({ state }), profile: profile(), urls })).to.have.property('kind');
  });

  it('sends those to their disk that boot from it, whatever is in the way', () => {
    for (const state of hostStates) {
      for (const ran of [{}, { diskless: true } as const]) {
        for (const obstacle of [undefined, 'no kernel']) {
          const asking = host({ state, ...ran });
          const { kind } = planBoot({ host: asking, profile: profile(), urls, obstacle });
          expect(kind === 'own-disk', JSON.stringify(asking)).to.equal(bootsFromDisk(asking));
        }
      }
    }
  });

  const imago = [
    { text: `mayu=${base}`, from: 'imago' },
    { text: `next-script=${base}/first-stage-script/ser1`, from: 'imago' },
  ];
  const system = (config: string) => [
    { text: 'flatcar.first_boot=1', from: 'system' },
    { text: `ignition.config.url=${config}`, from: 'system' },
  ];
  const kernel = {
    kind: 'kernel',
    label: '3975.2.0',
    kernel: `${base}/images/ser1/vmlinuz`,
    initrds: [
      { name: 'initrd0.img', url: `${base}/images/ser1/initrd.cpio.gz` },
      { name: 'initrd1.img', url: `${base}/images/ser1/more/my%20oem.cpio` },
    ],
    retry: `${base}/boot.ipxe`,
  };
  const operator = [{ text: 'a=${mac}', from: 'operator' }];
  const whole: {
    name: string;
    state: Host['state'];
    mode?: 'direct-ignition' | 'diskless';
    obstacle?: string;
    want: object;
  }[] = [
    {
      name: 'the installer of two stages',
      state: 'configured',
      want: {
        ...kernel,
        purpose: 'install',
        arguments: [...imago, ...operator],
        reason: 'it is configured: it holds no system yet that may not be replaced',
        message: [
          'imago: ser1 is configured, profile core: installing 3975.2.0',
          'imago: its address will be 10.75.0.17',
        ],
      },
    },
    {
      name: 'the live system that installs',
      state: 'installing',
      mode: 'direct-ignition',
      want: {
        ...kernel,
        purpose: 'install',
        arguments: [...imago, ...system(`${base}/ignition/ser1/installer`), ...operator],
        reason: 'it is installing: it holds no system yet that may not be replaced',
        message: [
          'imago: ser1 is installing, profile core: installing 3975.2.0',
          'imago: its address will be 10.75.0.17',
        ],
      },
    },
    {
      name: 'the system of a diskless machine',
      state: 'configured',
      mode: 'diskless',
      want: {
        ...kernel,
        purpose: 'diskless',
        arguments: [...imago, ...system(`${base}/ignition/ser1`), ...operator],
        reason: 'it is configured: it holds no system yet that may not be replaced',
        message: [
          'imago: ser1 is configured, profile core: booting 3975.2.0',
          'imago: its address will be 10.75.0.17',
        ],
      },
    },
    {
      name: 'its own disk',
      state: 'running',
      want: {
        kind: 'own-disk',
        method: 'sanboot',
        reason: 'it is running: it is only installed again after imagoctl set ser1 state configured',
        message: ['imago: ser1 is running, profile core: booting its own disk (sanboot)'],
      },
    },
    {
      name: 'nothing yet',
      state: 'configured',
      obstacle: 'no kernel',
      want: {
        kind: 'wait',
        reason: 'no kernel',
        message: ['imago: ser1 is configured and has to wait', 'imago: no kernel'],
        retry: `${base}/boot.ipxe`,
      },
    },
  ];
  for (const { name, state, mode, obstacle, want } of whole) {
    it(`says all that there is to boot ${name}`, () => {
      const question = { host: host({ state }), profile: profile('auto', mode), urls, obstacle };
      expect(planBoot(question)).to.deep.equal(want);
    });
  }

  it('installs whoever asks as Mayu’s clients do, by two stages', () => {
    const { arguments: words, retry, message } = planInstaller(profile('auto', 'diskless'), urls);
    expect(words).to.deep.equal([...imago, ...operator]);
    expect({ retry, message }).to.deep.equal({
      retry: `${base}/ipxebootscript`,
      message: ['imago: installing 3975.2.0'],
    });
  });
});
