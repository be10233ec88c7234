import { ipxeScanner, jsonScanner, textScanner, unitScanner } from './line-scanners.js';
import { childOf, isList, nameOf, optionalChildOf, partsOf, type AstNode } from './nunjucks-engine.js';
import { Misplaced, type Scanner } from './scanner.js';
import { shellScanner } from './shell-scanner.js';
import { isSecret, secretArguments } from './strict-lookups.js';
import { TemplateFault, type TemplatePlace } from './template-fault.js';
import { kindOf, type TemplateKind } from './template-kind.js';
import { yamlScanner } from './yaml-scanner.js';

export interface KnownNames {
  /** Our filters, one of which each value must pass last. */
  readonly escapers: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
  readonly tests: ReadonlySet<string>;
}

/**
 * That no value can reach the output but through a filter that fits the language of the template and the very place; that every
 * filter and test exists; that only the plain tags are used.
 * @throws TemplateFault
 */
export function lintTemplate(root: AstNode, template: string, known: KnownNames): void {
  checkNames(root, template, known);
  const kind = kindOf(template);
  switch (kind) {
    case 'shell':
      return lintWith(shellScanner, root, template, known);
    case 'yaml':
      return lintWith(yamlScanner, root, template, known);
    case 'ipxe':
      return lintWith(ipxeScanner, root, template, known);
    case 'json':
      return lintWith(jsonScanner, root, template, known);
    case 'unit':
      return lintWith(unitScanner, root, template, known);
    case 'text':
      return lintWith(textScanner, root, template, known);
  }
}

function lintWith<State>(scanner: Scanner<State>, root: AstNode, template: string, known: KnownNames): void {
  const linter = new Linter(scanner, template, known, kindOf(template));
  const end = linter.follow(root, scanner.start);
  linter.at(root, () => scanner.end(end), null);
}

/** Walks the tree in the order of its output, with the scanner's state in hand. */
class Linter<State> {
  constructor(
    private readonly scanner: Scanner<State>,
    private readonly template: string,
    private readonly known: KnownNames,
    /** `null` within `{% set %}…{% endset %}` and `{% filter %}`: what is put together there is written through a filter later. */
    private readonly kind: TemplateKind | null,
  ) {}

  follow(node: AstNode, state: State): State {
    switch (node.typename) {
      case 'Root':
      case 'NodeList':
        return partsOf(node).reduce((current, part) => this.follow(part, current), state);
      case 'Output':
        return partsOf(node).reduce((current, part) => this.output(part, current), state);
      case 'If':
        return this.branches(node, state, [childOf(node, 'body'), optionalChildOf(node, 'else_')]);
      case 'Switch': {
        const cases = partsOf(node).filter(({ typename }) => typename === 'Case');
        const bodies = cases.map((one) => childOf(one, 'body'));
        return this.branches(node, state, [...bodies, optionalChildOf(node, 'default')]);
      }
      case 'For':
        return this.loop(node, state);
      case 'Set': {
        const body = optionalChildOf(node, 'body');
        if (body) this.capture(childOf(body, 'body'));
        return state;
      }
      case 'Include':
        return this.include(node, state);
      default:
        throw this.fault(
          node,
          `{% ${node.typename.toLowerCase()} %} is not used in these templates: use include, set, if and for`,
        );
    }
  }

  at<T>(node: AstNode, act: () => T, line: number | null = node.lineno + 1): T {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof Misplaced)) throw error;
      throw new TemplateFault({ template: this.template, line: line ?? undefined }, error.message, {
        cause: error,
      });
    }
  }

  private output(node: AstNode, state: State): State {
    if (node.typename === 'TemplateData') {
      const text = node['value'];
      return this.at(node, () => this.scanner.text(state, typeof text === 'string' ? text : ''));
    }
    if (node.typename === 'InlineIf') {
      const otherwise = optionalChildOf(node, 'else_');
      const one = this.output(childOf(node, 'body'), state);
      return this.at(node, () => this.scanner.join(one, otherwise ? this.output(otherwise, state) : state));
    }
    if (node.typename === 'Group' && partsOf(node).length === 1) {
      return partsOf(node).reduce((current, part) => this.output(part, current), state);
    }
    const filter = node.typename === 'Filter' ? nameOf(node) : '';
    if (!this.known.escapers.has(filter)) {
      throw this.fault(
        node,
        `a value is put out without a filter that fits: end it with one of | ${[...this.known.escapers].join(', | ')}`,
      );
    }
    const [subject] = partsOf(childOf(node, 'args'));
    if (subject?.typename === 'Capture') this.capture(childOf(subject, 'body'));
    return this.at(node, () => this.scanner.slot(state, filter));
  }

  private branches(node: AstNode, state: State, bodies: readonly (AstNode | undefined)[]): State {
    const ends = bodies.map((body) => (body ? this.follow(body, state) : state));
    return this.at(node, () => ends.reduce((one, other) => this.scanner.join(one, other)));
  }

  private loop(node: AstNode, state: State): State {
    const body = childOf(node, 'body');
    const once = this.at(node, () => this.scanner.join(state, this.follow(body, state)));
    const again = this.at(node, () => this.scanner.join(once, this.follow(body, once)));
    const otherwise = optionalChildOf(node, 'else_');
    return otherwise ? this.at(node, () => this.scanner.join(again, this.follow(otherwise, state))) : again;
  }

  private capture(body: AstNode): void {
    new Linter(textScanner, this.template, this.known, null).follow(body, textScanner.start);
  }

  private include(node: AstNode, state: State): State {
    if (node['ignoreMissing'] === true)
      throw this.fault(node, 'a template that is missing is a fault: leave "ignore missing" out');
    if (this.kind !== null) {
      const ending = endingOf(childOf(node, 'template'));
      if (ending === undefined) {
        throw this.fault(
          node,
          'what is included must end in a text in quotes, as in "network-" ~ model ~ ".yaml": it tells its language',
        );
      }
      if (kindOf(ending) !== this.kind && this.kind !== 'text') {
        throw this.fault(
          node,
          `${ending} is not of the same language as this template: {% set text %}{% include … %}{% endset %}, then write text through a filter`,
        );
      }
    }
    return this.at(node, () => this.scanner.include(state));
  }

  private fault(node: AstNode, reason: string): TemplateFault {
    return new TemplateFault({ template: this.template, line: node.lineno + 1 }, reason);
  }
}

/** The literal that an expression of texts ends in. */
function endingOf(node: AstNode): string | undefined {
  if (node.typename === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined;
  if (node.typename === 'Concat' || node.typename === 'Add') return endingOf(childOf(node, 'right'));
  if (node.typename === 'Group' && isList(node)) {
    const last = node.children.at(-1);
    return last && endingOf(last);
  }
  return undefined;
}

function checkNames(node: AstNode, template: string, known: KnownNames): void {
  const place = { template, line: node.lineno + 1 };
  if (node.typename === 'Filter' && !known.filters.has(nameOf(node))) {
    throw new TemplateFault(place, `there is no filter '${nameOf(node)}'`);
  }
  if (node.typename === 'Is') {
    const right = childOf(node, 'right');
    const test = right.typename === 'Literal' ? String(right['value']) : nameOf(right); // `is none` is the test null
    if (!known.tests.has(test)) throw new TemplateFault(place, `there is no test 'is ${test}'`);
  }
  if (isSecret(node)) checkSecret(node, place);
  for (const part of partsOf(node)) checkNames(part, template, known);
}

function checkSecret(node: AstNode, place: TemplatePlace): void {
  if (kindOf(place.template) === 'ipxe') {
    throw new TemplateFault(
      place,
      'a script of firmware is no place for a secret, which would stand on the console and in its requests: write it into the configuration of the machine',
    );
  }
  if (secretArguments(node).length !== 1)
    throw new TemplateFault(place, 'secret(…) takes one name, as in secret("root-hash")');
}
