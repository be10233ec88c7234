import { merge, type Fragment } from './template-lines.js';
import { plainText, type Control, type Entry, type ListItem, type Node } from './yaml-outline.js';

/** What becomes of an entry of a map. */
export type Change = (entry: Entry) => readonly Node[];

export function entry(key: string, children: readonly Node[], value?: string): Entry {
  const fragments: readonly Fragment[] = value === undefined ? [] : [{ kind: 'text', text: value }];
  return { kind: 'entry', key, value: fragments, block: undefined, children, at: { file: '', line: 0 } };
}

export function section(key: string, lists: Readonly<Record<string, readonly Node[]>>): readonly Node[] {
  const filled = Object.entries(lists).filter(([, nodes]) => nodes.length > 0);
  if (filled.length === 0) return [];
  return [
    entry(
      key,
      filled.map(([name, nodes]) => entry(name, nodes)),
    ),
  ];
}

/** A choice or loop with nothing in its other branches. */
export function onlyIn(control: Control, place: number, children: readonly Node[]): readonly Node[] {
  const branches = control.branches
    .slice(0, place + 1)
    .map(({ tag }, index) => ({ tag, children: index === place ? children : [] }));
  return [{ ...control, branches }];
}

export function inList(nodes: readonly Node[], change: (item: ListItem) => readonly Node[]): readonly Node[] {
  return nodes.flatMap((node): readonly Node[] => {
    if (node.kind === 'item') return change(node);
    return node.kind === 'control' ? [within(node, (inner) => inList(inner, change))] : [node];
  });
}

export function inMap(nodes: readonly Node[], change: Change): readonly Node[] {
  return nodes.flatMap((node): readonly Node[] => {
    if (node.kind === 'entry') return change(node);
    return node.kind === 'control' ? [within(node, (inner) => inMap(inner, change))] : [node];
  });
}

function within(control: Control, change: (nodes: readonly Node[]) => readonly Node[]): Node {
  return {
    ...control,
    branches: control.branches.map(({ tag, children }) => ({ tag, children: change(children) })),
  };
}

/** Those of a map that have the key; what is only sometimes there is none of them. */
export function entriesOf(nodes: readonly Node[], key: string): readonly Entry[] {
  return nodes.filter((node): node is Entry => node.kind === 'entry' && node.key === key);
}

/** A plain text at a path of keys below it, without quotes. */
export function textIn(item: { readonly children: readonly Node[] }, path: string): string | undefined {
  const [key = '', ...rest] = path.split('.');
  const [found] = entriesOf(item.children, key);
  if (!found) return undefined;
  if (rest.length > 0) return textIn(found, rest.join('.'));
  const text = plainText(found.value);
  return text === undefined || text === '' ? undefined : text.replace(/^(["'])(.*)\1$/, '$2');
}

/** Mayu's templates have the group's number within `user`. */
export function owners(user: Entry): readonly Node[] {
  const group = entriesOf(user.children, 'group');
  if (group.length === 0) return [user];
  const rest = user.children.filter((child) => child.kind !== 'entry' || child.key !== 'group');
  const ids = group.map((child) => ({ ...child, key: 'id' }));
  return [{ ...user, children: rest }, entry('group', ids)];
}

export function prefixed(prefix: string, value: readonly Fragment[]): readonly Fragment[] {
  const [first, ...others] = value;
  if (first?.kind !== 'text') return [{ kind: 'text', text: prefix }, ...value];
  const [, quote = '', rest = ''] = /^(["']?)([\s\S]*)$/.exec(first.text) ?? [];
  return [{ kind: 'text', text: quote + prefix + rest }, ...others];
}

/** Without the quotes around it. */
export function bare(value: readonly Fragment[]): readonly Fragment[] {
  const parts = value.map((fragment, place): Fragment => {
    if (fragment.kind !== 'text') return fragment;
    const start = place === 0 ? fragment.text.replace(/^["']/, '') : fragment.text;
    return { kind: 'text', text: place === value.length - 1 ? start.replace(/["']\s*$/, '') : start };
  });
  return parts.filter((part) => part.kind !== 'text' || part.text !== '');
}

export function quoted(value: readonly Fragment[]): readonly Fragment[] {
  return merge([{ kind: 'text', text: '"' }, ...value, { kind: 'text', text: '"' }]);
}

const DATA = /^data[:,](?:[^,;"]*(?:;charset=[^,;"]*)?)(;base64)?,/;

/** A data: URL is the text itself; one of a file of Mayu's is that file. */
export function dataOf(node: Entry): Entry {
  const value = bare(node.value);
  const [first, ...rest] = value;
  const match = first?.kind === 'text' ? DATA.exec(first.text) : undefined;
  if (!match || first?.kind !== 'text') return node;
  const payload = first.text.slice(match[0].length);
  const texts: readonly Fragment[] = payload === '' ? rest : [{ kind: 'text', text: payload }, ...rest];
  if (match[1] === undefined) return { ...node, key: 'inline', value: quoted(texts.map(decoded)) };
  const [only] = texts;
  if (texts.length === 1 && only?.kind === 'value' && only.file !== undefined)
    return { ...node, key: 'inline', value: [{ ...only, code: only.file }] };
  return node;
}

/** RFC 2397 percent-encodes; what a template puts in is text here. */
function decoded(fragment: Fragment): Fragment {
  if (fragment.kind === 'choice')
    return {
      ...fragment,
      branches: fragment.branches.map((branch) => ({ ...branch, fragments: branch.fragments.map(decoded) })),
    };
  if (fragment.kind !== 'text') return fragment;
  const text = fragment.text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escaped) => {
    try {
      return decodeURIComponent(escaped);
    } catch {
      return escaped;
    }
  });
  return { kind: 'text', text: JSON.stringify(text).slice(1, -1) };
}

/** Of `remote: { url }`, in configurations for the Config Transpiler. */
export function urlOf(node: Entry): { value: readonly Fragment[]; children: readonly Node[] } {
  return { value: entriesOf(node.children, 'url')[0]?.value ?? [], children: [] };
}

export function labelOf(item: ListItem): string | undefined {
  return textIn(item, 'label') ?? textIn(item, 'mount.label') ?? mkfsLabel(item.children);
}

/** `-L LABEL` of mkfs. */
function mkfsLabel(nodes: readonly Node[]): string | undefined {
  return textsBelow(nodes)
    .map((text) => /^-L\s*(\S+)$/.exec(text)?.[1])
    .find((text) => text !== undefined);
}

function textsBelow(nodes: readonly Node[]): readonly string[] {
  return nodes.flatMap((node): readonly string[] => {
    if (node.kind === 'item' && node.children.length === 0)
      return [(plainText(node.value) ?? '').replace(/^(["'])(.*)\1$/, '$2')];
    return node.kind === 'item' || node.kind === 'entry' ? textsBelow(node.children) : [];
  });
}

/** Options of mkfs; the label has a setting of its own. */
export function optionsOf(node: Entry): readonly Node[] {
  const label = mkfsLabel(node.children);
  const rest = node.children.filter((child) => child.kind !== 'item' || mkfsLabel([child]) === undefined);
  return [
    ...(label === undefined ? [] : [entry('label', [], label)]),
    ...(rest.length === 0 ? [] : [{ ...node, children: rest }]),
  ];
}
