import { Args, Flags } from '@oclif/core';
import type { ApiClient } from '../../api/client.js';
import type { NetbootImage, NetbootMachine } from '../../api/netboot.js';
import type { Column } from '../columns.js';
import { UsageError } from '../errors.js';
import { noLegendFlag } from '../flags.js';
import { ImagoCommand } from '../imago-command.js';

const verbs = ['images', 'machines', 'tie', 'untie'] as const;
const imageVerbs = ['list', 'add', 'remove'] as const;

const imageColumns: readonly Column<NetbootImage>[] = [
  { heading: 'NAME', value: ({ name }) => name },
  { heading: 'KERNEL', value: ({ kernel }) => kernel },
  { heading: 'INITRD', value: ({ initrd }) => initrd || undefined },
  { heading: 'ROOTFS', value: ({ rootfs }) => rootfs || undefined },
];

const machineColumns: readonly Column<NetbootMachine>[] = [
  { heading: 'MAC', value: ({ mac }) => mac },
  { heading: 'IMAGE', value: ({ image }) => image ?? undefined },
  { heading: 'SERIAL', value: ({ serial }) => serial },
];

interface NetbootFlags {
  readonly kernel?: string | undefined;
  readonly initrd?: string | undefined;
  readonly rootfs?: string | undefined;
  readonly argument?: string[] | undefined;
  readonly none: boolean;
  readonly force: boolean;
  readonly 'no-legend': boolean;
}

export default class Netboot extends ImagoCommand {
  static override summary = 'Register images that machines boot over the network, and tie machines to them.';
  static override description = `images list
images add NAME --kernel K [--initrd I] [--rootfs R] [--argument A]…   in place of the image of that name
images remove NAME…
machines                  which machine boots which image
tie SERIAL|MAC IMAGE      all network cards of a host, or one card
tie SERIAL|MAC --none     it is known, and boots nothing from us
untie SERIAL|MAC…         it is not known any more

K, I and R are URLs, or paths below pxeInit.baseUrl. See docs/netboot.md.`;
  static override usage = 'netboot images|machines|tie|untie …';
  static override examples = [
    '<%= config.bin %> <%= command.id %> images add fcos --kernel /fcos/kernel --initrd /fcos/initrd.img --rootfs /fcos/rootfs.img',
    '<%= config.bin %> <%= command.id %> tie 52:54:00:00:00:01 fcos',
  ];
  static override nameField = 'name';
  static override strict = false;
  static override args = { action: Args.string({ ignoreStdin: true, description: verbs.join(', ') }) };
  static override flags = {
    kernel: Flags.string({ helpValue: 'URL', summary: 'The kernel of the image.' }),
    initrd: Flags.string({ helpValue: 'URL', summary: 'Its initial ramdisk.' }),
    rootfs: Flags.string({ helpValue: 'URL', summary: 'The root file system of its live system.' }),
    argument: Flags.string({
      helpValue: 'WORD',
      multiple: true,
      multipleNonGreedy: true,
      summary: 'Added to the kernel’s command line; may be repeated.',
    }),
    none: Flags.boolean({ summary: 'Tie to no image: the machine boots nothing from us.' }),
    force: Flags.boolean({ summary: 'Remove also an image that machines are tied to, and untie them.' }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Netboot);
    const [word, ...words] = argv.map(String);
    const verb = verbs.find((known) => known === word);
    if (verb === undefined) throw new UsageError(`say what to do first: one of ${verbs.join(', ')}`);
    const api = await this.connect(flags);
    const acts: Readonly<Record<(typeof verbs)[number], () => Promise<unknown>>> = {
      images: () => this.images(api, words, flags),
      machines: () => this.machines(api, flags),
      tie: () => this.tie(api, words, flags),
      untie: () => this.untie(api, words),
    };
    return acts[verb]();
  }

  private async images(api: ApiClient, [word = 'list', ...names]: readonly string[], flags: NetbootFlags) {
    const verb = imageVerbs.find((known) => known === word);
    if (verb === undefined)
      throw new UsageError(`say what to do with images: one of ${imageVerbs.join(', ')}`);
    if (verb === 'add') return this.add(api, names, flags);
    if (verb === 'remove') return this.remove(api, named(names, 'an image'), flags);
    const images = await api.netbootImages();
    this.printTable(images, imageColumns, flags);
    return images;
  }

  private async add(api: ApiClient, names: readonly string[], flags: NetbootFlags): Promise<NetbootImage> {
    const [name, ...more] = names;
    const { kernel, initrd, rootfs, argument } = flags;
    if (name === undefined || more.length > 0) throw new UsageError('give the image one name');
    if (kernel === undefined) throw new UsageError('give its kernel: --kernel URL');
    const image = await api.putNetbootImage(name, {
      kernel,
      ...(initrd !== undefined && { initrd }),
      ...(rootfs !== undefined && { rootfs }),
      ...(argument !== undefined && { arguments: argument }),
    });
    this.print([`${name}: registered`]);
    return image;
  }

  private async remove(api: ApiClient, names: readonly string[], { force }: NetbootFlags) {
    for (const name of names) {
      await api.removeNetbootImage(name, force);
      this.print([`${name}: removed`]);
    }
    return names;
  }

  private async machines(api: ApiClient, flags: NetbootFlags): Promise<readonly NetbootMachine[]> {
    const machines = await api.netbootMachines();
    this.printTable(machines, machineColumns, flags);
    return machines;
  }

  private async tie(api: ApiClient, words: readonly string[], { none }: NetbootFlags) {
    const [machine, image, ...more] = words;
    const isClear = none ? image === undefined : image !== undefined;
    if (machine === undefined || more.length > 0 || !isClear) {
      throw new UsageError('give a serial or MAC address, and an image or --none');
    }
    const machines = await api.tieNetbootMachine(machine, image ?? null);
    this.print(machines.map(({ mac }) => `${mac}: tied to ${image ?? 'the null image'}`));
    return machines;
  }

  private async untie(api: ApiClient, words: readonly string[]) {
    const machines = named(words, 'a machine');
    for (const machine of machines) {
      await api.untieNetbootMachine(machine);
      this.print([`${machine}: untied`]);
    }
    return machines;
  }
}

function named(names: readonly string[], what: string): readonly string[] {
  if (names.length === 0) throw new UsageError(`name ${what}`);
  return names;
}
