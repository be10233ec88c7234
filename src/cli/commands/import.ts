import { readFile } from 'node:fs/promises';
import { Args, Flags } from '@oclif/core';
import type { ApiClient } from '../../api/client.js';
import type { ApiHost } from '../../api/schemas.js';
import { fileReason } from '../../errors.js';
import { confirmationFlags } from '../confirm.js';
import { markText } from '../../dialects/mayu/convert/marks.js';
import type { Converted } from '../../dialects/mayu/convert/convert.js';
import { configFlag, runDaemonProgram } from '../daemon-program.js';
import { ImagoCommand } from '../imago-command.js';
import { parseMachineList, type ListedMachine } from '../machine-list.js';
import { UsageError } from '../errors.js';

export default class Import extends ImagoCommand {
  static override summary = 'Tell imago of many machines before they boot.';
  static override description = `The file is YAML, JSON or CSV; each machine has a serial, and may have profile, address, mac, hostname, metadata, \
providerId, ipmiAddress, etcdClusterToken, cabinet, machineOnCabinet, overrides. Nothing is done if a value cannot be so. \
A machine that imago knows already, or whose address is taken or profile is not there, is refused, and the others are added all the same. \
A new one is installed when it boots from the network.

import mayu FOLDER takes over the cluster folder of a Mayu, with its history: on the server, while imago is stopped, for a cluster that is new. \
The cluster is that of the configuration --config, also under ./bin/sandbox exec.

import mayu --config CONFIG.YAML --templates DIR writes imago’s configuration and templates, made of Mayu’s, into the folder --into. What a person \
must look at is marked TODO there, with file and line of Mayu’s, and listed.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> rack7.csv --dry-run',
    '<%= config.bin %> <%= command.id %> mayu /var/lib/mayu --config conf/imago.yaml',
    '<%= config.bin %> <%= command.id %> mayu --config /etc/mayu/config.yaml --templates /etc/mayu/templates --into imago',
  ];
  static override args = {
    file: Args.string({
      ignoreStdin: true,
      required: true,
      description: 'the list, - for standard input; or mayu',
    }),
    folder: Args.string({ ignoreStdin: true, description: 'of the Mayu' }),
  };
  static override flags = {
    'dry-run': confirmationFlags['dry-run'],
    config: configFlag,
    'skip-faulty': Flags.boolean({
      summary: 'With mayu FOLDER: leave out hosts that imago cannot take, and name them.',
    }),
    'etcd-endpoint': Flags.string({
      helpValue: 'URL',
      summary: 'With mayu FOLDER: the etcd in which Mayu keeps who has registered for etcd discovery.',
    }),
    templates: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'DIR',
      summary: 'With mayu alone: Mayu’s templates and snippets; --config is then Mayu’s own.',
    }),
    'files-dir': Flags.string({
      helpValue: 'DIR',
      dependsOn: ['templates'],
      summary: 'With --templates: the files that Mayu’s templates put in.',
    }),
    into: Flags.string({
      helpValue: 'DIR',
      default: 'imago-from-mayu',
      summary: 'With --templates: the folder to write.',
    }),
    'without-etcd-registry': Flags.boolean({
      exclusive: ['etcd-endpoint'],
      summary: 'With mayu FOLDER: leave that behind.',
    }),
  };

  async run(): Promise<(ApiHost | ListedMachine)[] | Converted> {
    const { args, flags, metadata } = await this.parse(Import);
    if (args.file === 'mayu' && flags.templates !== undefined) {
      if (args.folder !== undefined)
        throw new UsageError('a cluster folder and --templates are two imports: make one after the other');
      if (metadata.flags['config']?.setFromDefault === true)
        throw new UsageError('name Mayu’s configuration: --config /etc/mayu/config.yaml');
      return this.#convert(flags);
    }
    if (args.file === 'mayu' && args.folder === undefined)
      throw new UsageError(
        'name the folder of Mayu’s cluster: import mayu FOLDER; or its configuration and templates: import mayu --config CONFIG.YAML --templates DIR',
      );
    if (args.folder !== undefined) {
      if (args.file !== 'mayu') throw new UsageError('give one list; or: import mayu FOLDER');
      const words = [
        '--import-mayu',
        args.folder,
        '--config',
        flags.config,
        ...(flags['skip-faulty'] ? ['--skip-faulty'] : []),
        ...(flags['etcd-endpoint'] === undefined ? [] : ['--etcd-endpoint', flags['etcd-endpoint']]),
        ...(flags['without-etcd-registry'] ? ['--without-etcd-registry'] : []),
      ];
      this.print([await runDaemonProgram(this.config.root, words)]);
      return [];
    }
    const text = await textOf(args.file);
    const machines = new Map(parseMachineList(text, args.file).map((machine) => [machine.serial, machine]));
    if (machines.size === 0)
      this.logToStderr(`${this.config.bin}: ${args.file} lists no machine: nothing is to be added`);
    if (flags['dry-run']) {
      this.print([...machines.keys()].map((serial) => `${serial}: would be added`));
      return [...machines.values()];
    }
    const api = await this.connect(flags);
    // One after the other: addresses are given in the order of the list.
    return this.toEach(
      [...machines.keys()],
      (serial) => add(api, serial, machines.get(serial)),
      ({ serial, address }) => `${serial}: added, ${address ?? 'no address yet'}`,
      1,
    );
  }

  async #convert(flags: {
    readonly config: string;
    readonly templates?: string[] | undefined;
    readonly 'files-dir'?: string | undefined;
    readonly into: string;
  }): Promise<Converted> {
    const { convertSetup } = await import('../convert-setup.js');
    const { config, templates = [], 'files-dir': files, into } = flags;
    const converted = convertSetup({ config, templates, files, into, root: this.config.root });
    const { marks, notes } = converted;
    this.print([
      ...converted.files.map(({ path }) => `${into}/${path}`),
      ...notes.map((note) => `note: ${note}`),
      ...marks.map((mark) => markText(mark)),
      `${marks.length} marks; next: imago --check-config --config ${into}/conf/imago.yaml`,
    ]);
    return converted;
  }
}

/** @throws UsageError */
async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file === '-' ? '/dev/stdin' : file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw new UsageError(`${file} cannot be read: ${fileReason(error)}`);
    throw error;
  }
}

/** What can only be said of a host that is there is said then. */
async function add(api: ApiClient, serial: string, machine: ListedMachine | undefined): Promise<ApiHost> {
  const { profile, address, mac, hostname, metadata, ...rest } = machine ?? { serial };
  const { serial: _, ...patch } = rest;
  const host = await api.add({ serial, profile, address, mac, hostname, metadata });
  return Object.values(patch).some((value) => value !== undefined) ? api.patch(host.serial, patch) : host;
}
