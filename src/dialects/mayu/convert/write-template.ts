import { markText, Untranslatable, type Mark } from './marks.js';
import type { Fragment, Item } from './template-lines.js';
import { isWhole, operandOf, textLiteral } from './translate-expression.js';
import { indentsOf, plainText, type Entry, type Node } from './yaml-outline.js';

/** A mark as a comment of nunjucks, which leaves no trace in what is rendered. */
export function commentOf(mark: Mark): string {
  return `{# ${markText(mark)
    .replaceAll(/[{}#%]/g, ' ')
    .replaceAll(/\s+/g, ' ')} #}`;
}

/** A file by its structure, as a template of imago's. */
export function writeYaml(
  nodes: readonly Node[],
  fault: (text: string, entry: { at: Entry['at'] }) => Mark,
): string {
  return new YamlWriter(fault).nodes(nodes, '').join('\n').concat('\n');
}

class YamlWriter {
  constructor(private readonly fault: (text: string, entry: { at: Entry['at'] }) => Mark) {}

  nodes(nodes: readonly Node[], pad: string): readonly string[] {
    return nodes.flatMap((node) => this.#node(node, pad));
  }

  #node(node: Node, pad: string): readonly string[] {
    if (node.kind === 'comment') return [pad + literal(node.text)];
    if (node.kind === 'mark') return [pad + commentOf(node.mark)];
    if (node.kind === 'entry') return this.#valued(`${node.key}:`, node, pad);
    if (node.kind === 'item') return this.#item(node, pad);
    return [
      ...node.branches.flatMap(({ tag, children }) => [pad + tag, ...this.nodes(children, pad)]),
      pad + node.close,
    ];
  }

  #item(node: Extract<Node, { kind: 'item' }>, pad: string): readonly string[] {
    if (node.children.length === 0) return this.#valued('-', node, pad);
    const [first = '', ...others] = this.nodes(node.children, `${pad}  `);
    const [start] = node.children;
    return start?.kind === 'entry'
      ? [`${pad}- ${first.trimStart()}`, ...others]
      : [`${pad}-`, first, ...others];
  }

  #valued(
    head: string,
    node: Pick<Entry, 'value' | 'block' | 'children' | 'at'>,
    pad: string,
  ): readonly string[] {
    if (node.block)
      return [`${pad}${head} ${node.block.header}`, ...blockLines(node.block.items, `${pad}  `)];
    if (node.value.length === 0) return [pad + head, ...this.nodes(node.children, `${pad}  `)];
    try {
      return [`${pad}${head} ${scalar(node.value)}`];
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      return [
        pad + commentOf(this.fault(error.message, node)),
        `${pad}${head} {{ vars.TODO_line_${node.at.line} | yaml }}`,
      ];
    }
  }
}

/** The lines of a text whose language is not known here. */
export function blockLines(items: readonly Item[], pad: string): readonly string[] {
  const least = Math.min(...indentsOf(items), Infinity);
  const lines = textLines(items, (indent) => pad + ' '.repeat(indent - least), pad);
  while (lines.at(-1) === '') lines.pop();
  return lines;
}

/** A file that is no YAML. */
export function writeText(items: readonly Item[]): string {
  return `${textLines(items, (indent) => ' '.repeat(indent), '').join('\n')}\n`;
}

function textLines(items: readonly Item[], padOf: (indent: number) => string, pad: string): string[] {
  return items.flatMap((item) => {
    if (item.kind === 'mark') return [pad + commentOf(item.mark)];
    if (item.kind === 'line') {
      return [item.fragments.length === 0 ? '' : (padOf(item.indent) + textOf(item.fragments)).trimEnd()];
    }
    const branches = item.branches.flatMap(({ tag, items: inner }) => [
      pad + tag,
      ...textLines(inner, padOf, pad),
    ]);
    return [...branches, pad + item.close];
  });
}

function textOf(fragments: readonly Fragment[]): string {
  return fragments
    .map((fragment): string => {
      if (fragment.kind === 'text') return literal(fragment.text);
      if (fragment.kind === 'value') return `{{ ${filtered(fragment.code)} | line }}`;
      return (
        fragment.branches.map(({ tag, fragments: inner }) => tag + textOf(inner)).join('') + fragment.close
      );
    })
    .join('');
}

/** A filter takes what is right before it. */
function filtered(code: string): string {
  return / (if|~|or|and|in) /.test(code) && !isWhole(code) ? `(${code})` : code;
}

/** What nunjucks would take for a tag. */
function literal(text: string): string {
  return text.replaceAll(/\{(?=[{%#])/g, "{{ '{' | trusted }}");
}

/** One scalar of YAML: as it was, or as an expression when values are in it. */
export function scalar(fragments: readonly Fragment[]): string {
  const plain = plainText(fragments);
  if (plain !== undefined && !/\{[{%#]/.test(plain)) return plain;
  return `{{ ${expressionOf(unquoted(fragments))} | yaml }}`;
}

/** What is put out, as one expression. @throws Untranslatable */
export function expressionOf(fragments: readonly Fragment[]): string {
  const parts = fragments.map(partOf);
  if (parts.length === 0) return "''";
  const [only = ''] = parts;
  return parts.length === 1 && !/ (if|~|or|and|in) /.test(only) ? only : `(${parts.join(' ~ ')})`;
}

function partOf(fragment: Fragment): string {
  if (fragment.kind === 'text') return textLiteral(fragment.text);
  if (fragment.kind === 'value') return operandOf({ code: fragment.code, type: 'text' });
  if (fragment.close !== '{% endif %}')
    throw new Untranslatable('a loop stands within one value: put it on lines of its own');
  return `(${choiceOf(fragment.branches)})`;
}

function choiceOf(branches: Extract<Fragment, { kind: 'choice' }>['branches']): string {
  const [first, ...others] = branches;
  if (!first) return "''";
  if (first.condition === '') return expressionOf(first.fragments);
  const otherwise = others.length === 0 ? "''" : choiceOf(others);
  return `${expressionOf(first.fragments)} if ${first.condition} else ${otherwise.includes(' if ') ? `(${otherwise})` : otherwise}`;
}

/** Without the quotes of YAML, and what they escape. @throws Untranslatable */
export function unquoted(fragments: readonly Fragment[]): readonly Fragment[] {
  const first = fragments[0];
  const start = first?.kind === 'text' ? first.text : '';
  const quote = /^["']/.exec(start)?.[0];
  if (/^[[{]/.test(start))
    throw new Untranslatable('values stand within [ ] or { }: write the list or map on lines of its own');
  const last = fragments.at(-1);
  const end = last?.kind === 'text' ? last.text.trimEnd() : '';
  if (quote === undefined) return trimEnd(fragments);
  if (!end.endsWith(quote) || (fragments.length === 1 && end.length < 2))
    throw new Untranslatable('something follows what is in quotes');
  return fragments.flatMap((fragment, place): readonly Fragment[] => {
    if (fragment.kind !== 'text') return [fragment];
    let text = place === fragments.length - 1 ? fragment.text.trimEnd().slice(0, -1) : fragment.text;
    if (place === 0) text = text.slice(1);
    const plain = quote === '"' ? unescaped(text) : text.replaceAll("''", "'");
    return plain === '' ? [] : [{ kind: 'text', text: plain }];
  });
}

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    throw new Untranslatable('an escape in quotes is not understood');
  }
}

/** A comment at the end goes with it. */
function trimEnd(fragments: readonly Fragment[]): readonly Fragment[] {
  const last = fragments.at(-1);
  if (last?.kind !== 'text') return fragments;
  const text = last.text.replace(/\s#.*$/, '').trimEnd();
  return text === '' ? fragments.slice(0, -1) : [...fragments.slice(0, -1), { kind: 'text', text }];
}
