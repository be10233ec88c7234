import type { Place, Mark } from './marks.js';
import type { Fragment } from './template-lines.js';
import {
  bare,
  dataOf,
  entriesOf,
  entry,
  inList,
  inMap,
  labelOf,
  onlyIn,
  optionsOf,
  owners,
  prefixed,
  quoted,
  section,
  textIn,
  urlOf,
  type Change,
} from './ignition-nodes.js';
import { plainText, type Entry, type ListItem, type Node } from './yaml-outline.js';

export interface IgnitionNotes {
  /** Something that a person must look at; it also stands in the template. */
  readonly mark: (at: Place, text: string) => Mark;
  /** What was left out because it has no meaning any more. */
  readonly note: (at: Place, text: string) => void;
}

/** The version that is written: what Flatcar has taken for years. */
const VERSION = '3.3.0';

/** Ignition 1 and 2, as Mayu's templates have it, as Ignition 3. Sections that are there sometimes are so entry by entry. */
export function ignitionThree(nodes: readonly Node[], notes: IgnitionNotes): readonly Node[] {
  return new Converter(notes).convert(nodes);
}

/** Labels that the image of the system has, which the installer writes. */
const OF_THE_IMAGE: ReadonlySet<string> = new Set(['USR-A', 'USR-B', 'OEM', 'ROOT']);

/** What becomes of the fields of a map: their name from now on, or a change of their own. */
type Fields = Readonly<Record<string, string | Change>>;

function kept(names: string): Record<string, string> {
  return Object.fromEntries(names.split(' ').map((name) => [name, name]));
}

/** By their names without case and hyphens: Ignition 1, 2 and the Config Transpiler write them differently. */
const userFields: ReadonlyMap<string, string> = new Map(
  'name passwordHash sshAuthorizedKeys uid gecos homeDir noCreateHome primaryGroup groups noUserGroup noLogInit shell system'
    .split(' ')
    .map((name) => [name.toLowerCase(), name]),
);

const NO_RUNTIME = 'Ignition knows no units that a boot forgets';

type Wrap = (nodes: readonly Node[]) => readonly Node[];

class Converter {
  readonly #lists = new Map<string, Node[]>();
  readonly #fileSystems = new Map<string, string>([['root', '']]);
  readonly #top: Node[] = [];

  /** What becomes of an entry of each list. */
  readonly #kinds: Readonly<Record<string, (item: ListItem, wrap: Wrap) => readonly Node[]>> = {
    'systemd.units': (item) => [this.#unit(item)],
    'networkd.units': (item) => [this.#networkdUnit(item)],
    'storage.files': (item) => [this.#file(item)],
    'storage.filesystems': (item, wrap) => this.#fileSystem(item, wrap),
    'storage.disks': (item) => this.#disk(item),
    'storage.directories': (item) => [this.#place(item)],
    'storage.links': (item) => [this.#place(item)],
    'storage.raid': (item) => [item],
    'passwd.users': (item) => [this.#user(item)],
    'passwd.groups': (item) => [item],
  };

  constructor(private readonly notes: IgnitionNotes) {}

  convert(nodes: readonly Node[]): readonly Node[] {
    this.#learnFileSystems(nodes);
    this.#section(
      nodes,
      (inner) => inner,
      (entry, wrap) => this.#root(entry, wrap),
    );
    const list = (path: string): Node[] => this.#lists.get(path) ?? [];
    const lists = (of: string, names: string) =>
      section(of, Object.fromEntries(names.split(' ').map((name) => [name, list(`${of}.${name}`)])));
    return [
      ...this.#top,
      entry('ignition', [entry('version', [], VERSION)]),
      ...lists('passwd', 'users groups'),
      ...lists('storage', 'disks raid filesystems directories files links'),
      ...section('systemd', { units: this.#mergeUnits(list('systemd.units')) }),
    ];
  }

  /** What stands in a map, with what it depends on pushed down to the entries of its lists. */
  #section(nodes: readonly Node[], wrap: Wrap, take: (entry: Entry, wrap: Wrap) => void): void {
    for (const node of nodes) {
      if (node.kind === 'entry') take(node, wrap);
      else if (node.kind === 'control') {
        node.branches.forEach(({ children }, place) => {
          this.#section(children, (inner) => wrap(onlyIn(node, place, inner)), take);
        });
      } else if (node.kind !== 'item') this.#top.push(node);
    }
  }

  #root(node: Entry, wrap: Wrap): void {
    if (node.key === 'ignition_version') return;
    const isKnown =
      node.key === 'ignition' || Object.keys(this.#kinds).some((path) => path.startsWith(`${node.key}.`));
    if (!isKnown) this.#top.push(this.#left(node));
    else
      this.#section(node.children, wrap, (inner, within) =>
        this.#list(`${node.key}.${inner.key}`, inner, within),
      );
  }

  #list(path: string, node: Entry, wrap: Wrap): void {
    if (path === 'ignition.version') return;
    const convert = Object.hasOwn(this.#kinds, path) ? this.#kinds[path] : undefined;
    if (!convert) this.#top.push(this.#left(node));
    else {
      // Networkd's units are files, since Ignition 3.
      const to = path === 'networkd.units' ? 'storage.files' : path;
      this.#add(to, wrap(inList(node.children, (item) => convert(item, wrap))));
    }
  }

  #add(path: string, nodes: readonly Node[]): void {
    this.#lists.set(path, [...(this.#lists.get(path) ?? []), ...nodes]);
  }

  #left({ key, at }: Entry): Node {
    return {
      kind: 'mark',
      mark: this.notes.mark(at, `${key} is not taken over: write it anew as Ignition 3 has it`),
    };
  }

  #fields(nodes: readonly Node[], fields: Fields): readonly Node[] {
    return inMap(nodes, (inner) => {
      const field = Object.hasOwn(fields, inner.key) ? fields[inner.key] : undefined;
      if (field === undefined) return [this.#left(inner)];
      return typeof field === 'string' ? [{ ...inner, key: field }] : field(inner);
    });
  }

  #item(item: ListItem, fields: Fields): Node {
    return { ...item, children: this.#fields(item.children, fields) };
  }

  #unit(item: ListItem): Node {
    return this.#item(item, {
      ...kept('name enabled mask contents dropins'),
      enable: 'enabled',
      content: 'contents',
      'drop-ins': 'dropins',
      command: (inner) =>
        this.#dropped(inner, 'Ignition starts nothing: a unit that is enabled starts with the system'),
      runtime: (inner) => this.#dropped(inner, NO_RUNTIME),
    });
  }

  #networkdUnit(item: ListItem): Node {
    const contents: Change = (inner) => [entry('contents', [{ ...inner, key: 'inline' }])];
    return this.#item(item, {
      name: (inner) => [
        { ...inner, key: 'path', value: prefixed('/etc/systemd/network/', inner.value) },
        entry('mode', [], '0644'),
        entry('overwrite', [], 'true'),
      ],
      contents,
      content: contents,
      runtime: (inner) => this.#dropped(inner, NO_RUNTIME),
    });
  }

  /** Ignition 2 writes over what is there, Ignition 3 only when told. */
  #file(item: ListItem): Node {
    const prefix = this.#fileSystems.get(textIn(item, 'filesystem') ?? 'root');
    const says = (key: string): boolean => entriesOf(item.children, key).length > 0;
    return this.#item(item, {
      ...kept('mode overwrite group'),
      filesystem: (inner) => (prefix === undefined ? [this.#left(inner)] : []),
      path: (inner) => [
        { ...inner, value: prefix ? prefixed(prefix, inner.value) : inner.value },
        ...(says('overwrite') || says('append') ? [] : [entry('overwrite', [], 'true')]),
      ],
      user: owners,
      uid: (inner) => [entry('user', [{ ...inner, key: 'id' }])],
      gid: (inner) => [entry('group', [{ ...inner, key: 'id' }])],
      append: (inner) => (plainText(inner.value) === 'true' ? [this.#left(inner)] : []),
      contents: (inner) => this.#contents(inner),
    });
  }

  #contents(node: Entry): readonly Node[] {
    // Ignition 1 has the text itself.
    if (node.block) return [entry('contents', [{ ...node, key: 'inline' }])];
    const children = this.#fields(node.children, {
      ...kept('inline compression'),
      source: (inner) => [this.#source(inner)],
      remote: (inner) => [{ ...inner, key: 'source', ...urlOf(inner) }],
      verification: (inner) => [this.#verification(inner)],
    });
    return [{ ...node, children }];
  }

  /** A URL; at the time of Mayu 0.11 in its parts. */
  #source(node: Entry): Node {
    if (node.value.length > 0) return dataOf(node);
    const part = (key: string): readonly Fragment[] =>
      entriesOf(node.children, key).flatMap(({ value }) => bare(value));
    const colon = { kind: 'text', text: ':' } as const;
    const url = [...part('scheme'), colon, ...part('opaque'), ...part('host'), ...part('path')];
    return dataOf({ ...node, value: quoted(url), children: [] });
  }

  #verification(node: Entry): Node {
    const [hash] = entriesOf(node.children, 'hash');
    if (!hash || hash.children.length === 0) return node;
    const part = (key: string): string =>
      plainText(entriesOf(hash.children, key).flatMap(({ value }) => value)) ?? '';
    return { ...node, children: [entry('hash', [], `${part('function')}-${part('sum')}`)] };
  }

  #fileSystem(item: ListItem, wrap: Wrap): readonly Node[] {
    const takeFiles: Change = ({ children }) => {
      this.#add('storage.files', wrap(inList(children, (file) => [this.#file(file)])));
      return [];
    };
    const label = labelOf(item);
    if (label !== undefined && OF_THE_IMAGE.has(label)) {
      entriesOf(item.children, 'files').forEach(takeFiles);
      const text = `the file system ${label} is the image’s own: it is not made again; its files are in storage.files`;
      return [{ kind: 'mark', mark: this.notes.mark(item.at, text) }];
    }
    const fields: Fields = {
      ...kept('device format label uuid options path wipeFilesystem'),
      wipe_filesystem: 'wipeFilesystem',
      name: () => [],
      mount: ({ children }) => this.#fields(children, fields),
      create: ({ children }) => this.#fields(children, { force: 'wipeFilesystem', options: optionsOf }),
      files: takeFiles,
    };
    return [this.#item(item, fields)];
  }

  #disk(item: ListItem): readonly Node[] {
    const own = entriesOf(item.children, 'partitions')
      .flatMap(({ children }) => children)
      .some((part) => part.kind === 'item' && OF_THE_IMAGE.has(textIn(part, 'label') ?? ''));
    if (own) {
      const text = 'partitions of the image’s own are not made again: the disk is left out';
      return [{ kind: 'mark', mark: this.notes.mark(item.at, text) }];
    }
    const partition: Fields = {
      ...kept('label number guid sizeMiB startMiB typeGuid'),
      type_guid: 'typeGuid',
    };
    const disk = this.#item(item, {
      ...kept('device wipeTable'),
      wipe_table: 'wipeTable',
      partitions: (inner) => [
        { ...inner, children: inList(inner.children, (part) => [this.#item(part, partition)]) },
      ],
    });
    return [disk];
  }

  #place(item: ListItem): Node {
    return this.#item(item, {
      ...kept('path mode overwrite group target hard'),
      filesystem: (inner) => (plainText(inner.value) === 'root' ? [] : [this.#left(inner)]),
      user: owners,
    });
  }

  #user(item: ListItem): Node {
    const flat: Change = (inner) => {
      if (inner.key === 'create') return inMap(inner.children, flat);
      const name = userFields.get(inner.key.replaceAll(/[_-]/g, '').toLowerCase());
      return [name === undefined ? this.#left(inner) : { ...inner, key: name }];
    };
    return { ...item, children: inMap(item.children, flat) };
  }

  #dropped({ key, at }: Entry, why: string): readonly Node[] {
    this.notes.note(at, `${key} is left out: ${why}`);
    return [];
  }

  /** Ignition 3 takes a unit once. */
  #mergeUnits(units: readonly Node[]): readonly Node[] {
    const merged: Node[] = [];
    const places = new Map<string, number>();
    for (const unit of units) {
      const name = unit.kind === 'item' ? textIn(unit, 'name') : undefined;
      const place = name === undefined ? undefined : places.get(name);
      const before = place === undefined ? undefined : merged[place];
      if (unit.kind === 'item' && before?.kind === 'item' && place !== undefined) {
        merged[place] = this.#merged(before, unit);
        continue;
      }
      if (name !== undefined) places.set(name, merged.length);
      merged.push(unit);
    }
    return merged;
  }

  #merged(before: ListItem, unit: ListItem): ListItem {
    const children = [...before.children];
    for (const child of unit.children) {
      if (child.kind === 'entry' && child.key === 'name') continue;
      const [held] = child.kind === 'entry' ? entriesOf(children, child.key) : [];
      if (!held || child.kind !== 'entry') children.push(child);
      else if (child.key === 'dropins')
        children[children.indexOf(held)] = { ...held, children: [...held.children, ...child.children] };
      else if (plainText(held.value) !== plainText(child.value) || child.block)
        children.push({
          kind: 'mark',
          mark: this.notes.mark(
            child.at,
            `the unit is there twice, with another ${child.key}: only the first is taken`,
          ),
        });
    }
    return { ...before, children };
  }

  /** Names of file systems, which files refer to. */
  #learnFileSystems(nodes: readonly Node[]): void {
    for (const node of nodes) {
      if (node.kind === 'control') for (const { children } of node.branches) this.#learnFileSystems(children);
      if (node.kind === 'item') {
        const name = textIn(node, 'name');
        const path = textIn(node, 'path') ?? textIn(node, 'mount.path');
        if (name !== undefined && path !== undefined) this.#fileSystems.set(name, path.replace(/\/$/, ''));
      }
      if (node.kind === 'entry' && ['storage', 'filesystems'].includes(node.key))
        this.#learnFileSystems(node.children);
    }
  }
}
