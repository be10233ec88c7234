import { setTimeout as delay } from 'node:timers/promises';
import { Args, Flags } from '@oclif/core';
import type { ApiClient } from '../../api/client.js';
import type { FetchCommand, ImageFetch } from '../../api/images.js';
import { ImagoError } from '../../errors.js';
import { followFetch, importFile, nameOfUrl } from '../image-verbs.js';
import { ImagoCommand } from '../imago-command.js';
import { ProgressDisplay } from '../progress-display.js';
import { bytes, fetchLine, imageColumns, progressLine } from '../render-images.js';
import { noLegendFlag } from '../flags.js';
import { UsageError } from '../errors.js';

const verbs = ['list', 'fetch', 'verify', 'remove', 'import', 'cancel'] as const;
const sources = ['flatcar', 'fedora-coreos', 'debian'] as const;

const LOOK_EVERY_MS = 250;

class ImageDamaged extends ImagoError {
  readonly code = 'IMAGE_DAMAGED';

  constructor(versions: readonly string[]) {
    super(`damaged: ${versions.join(', ')}; fetch again with --replace`, { versions });
  }
}

interface ImageFlags {
  readonly as?: string | undefined;
  readonly sha256?: string | undefined;
  readonly sha512?: string | undefined;
  readonly unproven: boolean;
  readonly replace: boolean;
  readonly force: boolean;
  readonly wait: boolean;
  readonly 'no-legend': boolean;
}

export default class Images extends ImagoCommand {
  static override summary = 'Fetch, list, verify, remove and import what machines are installed with.';
  static override description = `list
fetch flatcar|fedora-coreos|debian VERSION
fetch URL VERSION --sha256 DIGEST [--as NAME]   one file
verify VERSION…      reads every byte
remove VERSION…
import FILE VERSION [--as NAME]
cancel VERSION       what came is kept for the next time

The daemon fetches; it goes on when imagoctl is interrupted. See docs/images.md.`;
  static override usage = 'images list|fetch|verify|remove|import|cancel …';
  static override examples = [
    '<%= config.bin %> <%= command.id %> fetch flatcar 4230.2.4',
    '<%= config.bin %> <%= command.id %> import ./rootfs.raw lab-1 --as install_image.raw',
  ];
  static override nameField = 'version';
  static override strict = false;
  static override args = { action: Args.string({ ignoreStdin: true, description: verbs.join(', ') }) };
  static override flags = {
    as: Flags.string({ helpValue: 'NAME', summary: 'The name of the file in the version.' }),
    sha256: Flags.string({ helpValue: 'HEX', summary: 'What the fetched file must have.' }),
    sha512: Flags.string({ helpValue: 'HEX', summary: 'What the fetched file must have.' }),
    unproven: Flags.boolean({ summary: 'Take a file although nothing proves that it is the right one.' }),
    replace: Flags.boolean({ summary: 'Also when it is there already.' }),
    force: Flags.boolean({ summary: 'Remove also what profiles or hosts use.' }),
    wait: Flags.boolean({ default: true, allowNo: true, summary: 'Show progress until it is fetched.' }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Images);
    const [word = 'list', ...words] = argv.map(String);
    const verb = verbs.find((known) => known === word);
    if (verb === undefined) throw new UsageError(`say what to do first: one of ${verbs.join(', ')}`);
    const api = await this.connect(flags);
    const acts: Readonly<Record<(typeof verbs)[number], () => Promise<unknown>>> = {
      list: () => this.list(api, flags),
      fetch: () => this.fetch(api, words, flags),
      verify: () => this.verify(api, versionsIn(words)),
      remove: () => this.removeAll(api, versionsIn(words), flags),
      import: () => this.import(api, words, flags),
      cancel: () => this.cancelAll(api, versionsIn(words)),
    };
    return acts[verb]();
  }

  private async list(api: ApiClient, flags: ImageFlags) {
    const { images, fetches } = await api.images();
    this.printTable(images, imageColumns, flags);
    for (const fetch of fetches.filter(({ state }) => state === 'running')) {
      this.logToStderr(fetchLine(fetch));
    }
    return { images, fetches };
  }

  private async fetch(api: ApiClient, words: readonly string[], flags: ImageFlags): Promise<ImageFetch> {
    const [what, version, ...more] = words;
    if (what === undefined || version === undefined || more.length > 0) {
      throw new UsageError(`give a source (${sources.join(', ')}) or an address, and a version`);
    }
    const begun = await api.fetchImage(version, fetchCommand(what, flags));
    if (!flags.wait) return begun;
    const display = new ProgressDisplay(process.stderr);
    try {
      const done = await followFetch(
        api,
        version,
        (now) => display.show(fetchLine(now), stepOf(now)),
        () => delay(LOOK_EVERY_MS),
      );
      display.end();
      this.print([`${done.version}: ${done.files.map(({ name }) => name).join(', ')}`]);
      return done;
    } finally {
      display.end();
    }
  }

  private async verify(api: ApiClient, versions: readonly string[]) {
    const verdicts = [];
    for (const version of versions) {
      const verdict = await api.verifyImage(version);
      verdicts.push(verdict);
      this.print(verdict.files.map(({ name, condition }) => `${version}: ${name} ${condition}`));
    }
    const damaged = verdicts.filter(({ isWhole }) => !isWhole).map(({ version }) => version);
    if (damaged.length > 0) throw new ImageDamaged(damaged);
    return verdicts;
  }

  private async removeAll(api: ApiClient, versions: readonly string[], { force }: ImageFlags) {
    for (const version of versions) {
      await api.removeImage(version, force);
      this.print([`${version}: removed`]);
    }
    return versions;
  }

  private async cancelAll(api: ApiClient, versions: readonly string[]) {
    for (const version of versions) {
      await api.cancelImageFetch(version);
      this.print([`${version}: cancelled`]);
    }
    return versions;
  }

  private async import(api: ApiClient, words: readonly string[], flags: ImageFlags) {
    const [file, version, ...more] = words;
    if (file === undefined || version === undefined || more.length > 0) {
      throw new UsageError('give a file and a version');
    }
    const display = new ProgressDisplay(process.stderr);
    try {
      const options = { name: flags.as, replace: flags.replace };
      const imported = await importFile(api, file, version, options, (done, total) =>
        display.show(progressLine(file, done, total), tenth(done, total)),
      );
      display.end();
      this.print([`${version}: ${imported.name} ${bytes(imported.bytes)} ${imported.sha256 ?? ''}`]);
      return imported;
    } finally {
      display.end();
    }
  }
}

function versionsIn(words: readonly string[]): readonly string[] {
  if (words.length === 0) throw new UsageError('name a version: see imagoctl images list');
  return words;
}

function fetchCommand(what: string, flags: ImageFlags): FetchCommand {
  const source = sources.find((known) => known === what);
  if (source) return { source, replace: flags.replace };
  return {
    url: what,
    name: flags.as ?? nameOfUrl(what),
    ...(flags.sha256 !== undefined && { sha256: flags.sha256 }),
    ...(flags.sha512 !== undefined && { sha512: flags.sha512 }),
    unproven: flags.unproven,
    replace: flags.replace,
  };
}

function stepOf({ files }: ImageFetch): string {
  return files.map(({ phase, doneBytes, totalBytes }) => `${phase}${tenth(doneBytes, totalBytes)}`).join();
}

function tenth(done: number, total: number | undefined): string {
  return total === undefined || total === 0 ? '' : String(Math.floor((done / total) * 10));
}
