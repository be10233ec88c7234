import type { Place, Mark } from './marks.js';
import type { Fragment } from './template-lines.js';
import {
  entry,
  section,
  onlyIn,
  inList,
  inMap,
  textIn,
  owners,
  prefixed,
  bare,
  quoted,
  dataOf,
  urlOf,
  labelOf,
  optionsOf,
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

type Wrap = (nodes: readonly Node[]) => readonly Node[];

class Converter {
  readonly #lists = new Map<string, Node[]>();
  readonly #fileSystems = new Map<string, string>([['root', '']]);
  readonly #top: Node[] = [];

  constructor(private readonly notes: IgnitionNotes) {}

  convert(nodes: readonly Node[]): readonly Node[] {
    this.#learnFileSystems(nodes);
    this.#section(
      nodes,
      (inner) => inner,
      (entry, wrap) => this.#root(entry, wrap),
    );
    const list = (path: string): Node[] => this.#lists.get(path) ?? [];
    const units = this.#mergeUnits(list('systemd.units'));
    return [
      ...this.#top,
      entry('ignition', [entry('version', [], VERSION)]),
      ...section('passwd', { users: list('passwd.users'), groups: list('passwd.groups') }),
      ...section('storage', {
        disks: list('storage.disks'),
        raid: list('storage.raid'),
        filesystems: list('storage.filesystems'),
        directories: list('storage.directories'),
        files: list('storage.files'),
        links: list('storage.links'),
      }),
      ...section('systemd', { units }),
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
    const sections: Readonly<Record<string, (entry: Entry, wrap: Wrap) => void>> = {
      ignition: (inner) => this.#ignition(inner),
      ignition_version: () => undefined,
      systemd: (inner, within) =>
        this.#list(inner, within, 'systemd.units', 'units', (item) => [this.#unit(item)]),
      networkd: (inner, within) =>
        this.#list(inner, within, 'storage.files', 'units', (item) => [this.#networkdUnit(item)]),
      storage: (inner, within) => this.#storage(inner, within),
      passwd: (inner, within) => this.#passwd(inner, within),
    };
    const take = Object.hasOwn(sections, node.key) ? sections[node.key] : undefined;
    if (take === undefined) this.#top.push(this.#left(node));
    else if (node.key === 'ignition_version') take(node, wrap);
    else this.#section(node.children, wrap, take);
  }

  #ignition(node: Entry): void {
    if (node.key !== 'version') this.#top.push(this.#left(node));
  }

  #storage(node: Entry, wrap: Wrap): void {
    const kinds: Readonly<Record<string, (item: ListItem) => readonly Node[]>> = {
      files: (item) => [this.#file(item)],
      filesystems: (item) => this.#fileSystem(item, wrap),
      disks: (item) => this.#disk(item),
      directories: (item) => [this.#place(item)],
      links: (item) => [this.#place(item)],
      raid: (item) => [item],
    };
    const convert = Object.hasOwn(kinds, node.key) ? kinds[node.key] : undefined;
    if (convert) this.#add(`storage.${node.key}`, wrap(inList(node.children, convert)));
    else this.#top.push(this.#left(node));
  }

  #passwd(node: Entry, wrap: Wrap): void {
    if (node.key === 'users')
      this.#add('passwd.users', wrap(inList(node.children, (item) => [this.#user(item)])));
    else if (node.key === 'groups') this.#add('passwd.groups', wrap(node.children));
    else this.#top.push(this.#left(node));
  }

  #list(
    node: Entry,
    wrap: Wrap,
    path: string,
    key: string,
    convert: (item: ListItem) => readonly Node[],
  ): void {
    if (node.key === key) this.#add(path, wrap(inList(node.children, convert)));
    else this.#top.push(this.#left(node));
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

  #unit(item: ListItem): Node {
    return this.#item(item, {
      name: keep,
      enabled: keep,
      mask: keep,
      contents: keep,
      enable: (inner) => [{ ...inner, key: 'enabled' }],
      content: (inner) => [{ ...inner, key: 'contents' }],
      dropins: keep,
      'drop-ins': (inner) => [{ ...inner, key: 'dropins' }],
      command: (inner) =>
        this.#dropped(inner, 'Ignition starts nothing: a unit that is enabled starts with the system'),
      runtime: (inner) => this.#dropped(inner, 'Ignition knows no units that a boot forgets'),
    });
  }

  /** Networkd's units are files, since Ignition 3. */
  #networkdUnit(item: ListItem): Node {
    const contents = (inner: Entry): readonly Node[] => [entry('contents', [{ ...inner, key: 'inline' }])];
    const file = this.#item(item, {
      name: (inner) => [
        { ...inner, key: 'path', value: prefixed('/etc/systemd/network/', inner.value) },
        entry('mode', [], '0644'),
        entry('overwrite', [], 'true'),
      ],
      contents,
      content: contents,
      runtime: (inner) => this.#dropped(inner, 'Ignition knows no units that a boot forgets'),
    });
    return file;
  }

  /** Ignition 2 writes over what is there, Ignition 3 only when told. */
  #file(item: ListItem): Node {
    const named = textIn(item, 'filesystem') ?? 'root';
    const prefix = this.#fileSystems.get(named);
    const says = (key: string): boolean =>
      item.children.some((child) => child.kind === 'entry' && child.key === key);
    const file = this.#item(item, {
      filesystem: (inner) => (prefix === undefined ? [this.#left(inner)] : []),
      path: (inner) => [
        { ...inner, value: prefix ? prefixed(prefix, inner.value) : inner.value },
        ...(says('overwrite') || says('append') ? [] : [entry('overwrite', [], 'true')]),
      ],
      mode: keep,
      overwrite: keep,
      user: (inner) => owners(inner),
      group: keep,
      uid: (inner) => [entry('user', [{ ...inner, key: 'id' }])],
      gid: (inner) => [entry('group', [{ ...inner, key: 'id' }])],
      append: (inner) => (plainText(inner.value) === 'true' ? [this.#left(inner)] : []),
      contents: (inner) => this.#contents(inner),
    });
    return file;
  }

  #contents(node: Entry): readonly Node[] {
    // Ignition 1 has the text itself.
    if (node.block) return [entry('contents', [{ ...node, key: 'inline' }])];
    return [
      {
        ...node,
        children: inMap(node.children, (inner) => {
          if (inner.key === 'inline' || inner.key === 'compression') return [inner];
          if (inner.key === 'source') return this.#source(inner);
          if (inner.key === 'remote') return [{ ...inner, key: 'source', ...urlOf(inner) }];
          if (inner.key === 'verification') return this.#verification(inner);
          return [this.#left(inner)];
        }),
      },
    ];
  }

  /** A URL; at the time of Mayu 0.11 in its parts. */
  #source(node: Entry): readonly Node[] {
    if (node.value.length > 0) return [dataOf(node)];
    const part = (key: string): readonly Fragment[] =>
      node.children.flatMap((child) =>
        child.kind === 'entry' && child.key === key ? bare(child.value) : [],
      );
    const url = [
      ...part('scheme'),
      { kind: 'text', text: ':' } as const,
      ...part('opaque'),
      ...part('host'),
      ...part('path'),
    ];
    return [dataOf({ ...node, value: quoted(url), children: [] })];
  }

  #verification(node: Entry): readonly Node[] {
    const hash = node.children.find((child) => child.kind === 'entry' && child.key === 'hash');
    if (hash?.kind !== 'entry' || hash.children.length === 0) return [node];
    const part = (key: string): string =>
      plainText(
        hash.children.flatMap((child) => (child.kind === 'entry' && child.key === key ? child.value : [])),
      ) ?? '';
    return [{ ...node, children: [entry('hash', [], `${part('function')}-${part('sum')}`)] }];
  }

  #fileSystem(item: ListItem, wrap: Wrap): readonly Node[] {
    const label = labelOf(item);
    if (label !== undefined && OF_THE_IMAGE.has(label)) {
      for (const child of item.children)
        if (child.kind === 'entry' && child.key === 'files')
          this.#add('storage.files', wrap(inList(child.children, (file) => [this.#file(file)])));
      const text = `the file system ${label} is the image’s own: it is not made again; its files are in storage.files`;
      return [{ kind: 'mark', mark: this.notes.mark(item.at, text) }];
    }
    const flat: Change = (inner) => {
      switch (inner.key) {
        case 'mount':
          return inMap(inner.children, flat);
        case 'device':
        case 'format':
        case 'label':
        case 'uuid':
        case 'options':
          return [inner];
        case 'path':
          return [inner];
        case 'name':
          return [];
        case 'create':
          return inMap(inner.children, (part) => {
            if (part.key === 'force') return [{ ...part, key: 'wipeFilesystem' }];
            return part.key === 'options' ? optionsOf(part) : [this.#left(part)];
          });
        case 'files':
          this.#add('storage.files', wrap(inList(inner.children, (file) => [this.#file(file)])));
          return [];
        default:
          if (/^wipe_?filesystem$/i.test(inner.key)) return [{ ...inner, key: 'wipeFilesystem' }];
          return [this.#left(inner)];
      }
    };
    return [{ ...item, children: inMap(item.children, flat) }];
  }

  #disk(item: ListItem): readonly Node[] {
    const own = item.children
      .flatMap((child) => (child.kind === 'entry' && child.key === 'partitions' ? child.children : []))
      .some((part) => part.kind === 'item' && OF_THE_IMAGE.has(textIn(part, 'label') ?? ''));
    if (own) {
      const text = 'partitions of the image’s own are not made again: the disk is left out';
      return [{ kind: 'mark', mark: this.notes.mark(item.at, text) }];
    }
    const partition = (part: ListItem): Node =>
      this.#item(part, {
        label: keep,
        number: keep,
        guid: keep,
        sizeMiB: keep,
        startMiB: keep,
        type_guid: (inner) => [{ ...inner, key: 'typeGuid' }],
        typeGuid: keep,
      });
    const disk = this.#item(item, {
      device: keep,
      wipeTable: keep,
      wipe_table: (inner) => [{ ...inner, key: 'wipeTable' }],
      partitions: (inner) => [{ ...inner, children: inList(inner.children, (part) => [partition(part)]) }],
    });
    return [disk];
  }

  #place(item: ListItem): Node {
    return this.#item(item, {
      filesystem: (inner) => (plainText(inner.value) === 'root' ? [] : [this.#left(inner)]),
      path: keep,
      mode: keep,
      overwrite: keep,
      user: (inner) => owners(inner),
      group: keep,
      target: keep,
      hard: keep,
    });
  }

  #user(item: ListItem): Node {
    const names: Readonly<Record<string, string>> = {
      sshauthorizedkeys: 'sshAuthorizedKeys',
      passwordhash: 'passwordHash',
      homedir: 'homeDir',
      nocreatehome: 'noCreateHome',
      primarygroup: 'primaryGroup',
      nousergroup: 'noUserGroup',
      nologinit: 'noLogInit',
      uid: 'uid',
      gecos: 'gecos',
      groups: 'groups',
      shell: 'shell',
      system: 'system',
      name: 'name',
    };
    const flat: Change = (inner) => {
      if (inner.key === 'create') return inMap(inner.children, flat);
      const name = names[inner.key.replaceAll(/[_-]/g, '').toLowerCase()];
      return [name === undefined ? this.#left(inner) : { ...inner, key: name }];
    };
    return { ...item, children: inMap(item.children, flat) };
  }

  #item(item: ListItem, changes: Readonly<Record<string, Change>>): Node {
    const change: Change = (inner) =>
      (Object.hasOwn(changes, inner.key) ? changes[inner.key]?.(inner) : undefined) ?? [this.#left(inner)];
    return { ...item, children: inMap(item.children, change) };
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
      const twin = children.findIndex(
        (one) => one.kind === 'entry' && child.kind === 'entry' && one.key === child.key,
      );
      const held = children[twin];
      if (held?.kind !== 'entry' || child.kind !== 'entry') children.push(child);
      else if (child.key === 'dropins')
        children[twin] = { ...held, children: [...held.children, ...child.children] };
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

const keep: Change = (entry) => [entry];
