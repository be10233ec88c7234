import nunjucks from 'nunjucks';

/** A node of nunjucks' syntax tree. Lines and columns count from 0. */
export interface AstNode {
  readonly typename: string;
  readonly lineno: number;
  readonly colno: number;
  /** The names of the properties that hold its parts. */
  readonly fields: readonly string[];
  [field: string]: unknown;
}

export interface ListNode extends AstNode {
  children: AstNode[];
}

type NodeClass = new (lineno: number, colno: number, ...fields: unknown[]) => AstNode;

export interface CompiledTemplate {
  readonly root: (...args: unknown[]) => unknown;
}

/** What a loader gives back: code instead of text, so that this project's own compiler does the work. */
export interface LoadedTemplate {
  readonly src: { readonly type: 'code'; readonly obj: CompiledTemplate };
  readonly path: string;
}

export interface TemplateLoader {
  /** @throws TemplateFault */
  getSource(name: string): LoadedTemplate;
}

export interface NunjucksEnvironment {
  readonly filters: Readonly<Record<string, unknown>>;
  readonly tests: Readonly<Record<string, unknown>>;
  addFilter(name: string, filter: (...args: unknown[]) => unknown): unknown;
  render(name: string, context: object): string;
  /** Loaders are asked again for each template. */
  invalidateCache(): void;
}

interface NunjucksEngine {
  readonly Environment: new (
    loader: TemplateLoader,
    options: { autoescape: false; throwOnUndefined: true; dev: true },
  ) => NunjucksEnvironment;
  readonly parser: { parse(text: string): ListNode };
  readonly nodes: Readonly<Record<'Node' | 'NodeList' | 'Filter' | 'Symbol' | 'Literal', NodeClass>>;
  readonly compiler: {
    readonly Compiler: new (
      name: string,
      throwOnUndefined: boolean,
    ) => { compile(root: AstNode): void; getCode(): string };
  };
}

/** nunjucks, with the parts that its published types leave out. */
export const engine = nunjucks as unknown as NunjucksEngine;

export function isNode(value: unknown): value is AstNode {
  return value instanceof engine.nodes.Node;
}

export function isList(node: AstNode): node is ListNode {
  return Array.isArray(node['children']);
}

/** A part that the grammar promises. */
export function childOf(node: AstNode, field: string): AstNode {
  const child = node[field];
  if (!isNode(child)) throw new TypeError(`a ${node.typename} of nunjucks has no ${field}`);
  return child;
}

/** A part that may be absent. */
export function optionalChildOf(node: AstNode, field: string): AstNode | undefined {
  const child = node[field];
  return isNode(child) ? child : undefined;
}

/** All parts of a node, in the order of its fields. */
export function partsOf(node: AstNode): AstNode[] {
  const parts = node.fields.flatMap((field): unknown[] => {
    const value = node[field];
    return Array.isArray(value) ? value : [value];
  });
  // `{% set x %}…{% endset %}` keeps its body beside the declared fields.
  if (node.typename === 'Set') parts.push(node['body']);
  return parts.filter(isNode);
}

/** The name of a symbol, or of what is called or filtered with. */
export function nameOf(node: AstNode): string {
  const value = node.typename === 'Symbol' ? node['value'] : optionalChildOf(node, 'name')?.['value'];
  return typeof value === 'string' ? value : '';
}
