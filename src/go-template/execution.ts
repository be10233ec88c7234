import { Budget, MOST_TEMPLATES_DEEP, MOST_UNITS, Overrun } from './bounds.js';
import { Evaluator, type Surroundings } from './evaluator.js';
import type { GoFunction } from './functions.js';
import { GoTemplateFault } from './go-template-fault.js';
import { forOutside } from './go-string.js';
import { Uint8, boxed, isTrue, kindOf, sortedEntries, type Value } from './go-value.js';
import { print } from './printer.js';
import { quote } from './quote.js';
import { Scope } from './scope.js';
import {
  textOf,
  type Action,
  type Body,
  type Choice,
  type Definition,
  type Loop,
  type Node,
  type TemplateCall,
} from './syntax-tree.js';

/** A text that was parsed, and how it runs. */
export interface Program {
  readonly name: string;
  readonly text: string;
  readonly definitions: ReadonlyMap<string, Definition>;
  readonly functions: ReadonlyMap<string, GoFunction>;
  readonly missingKey: 'error' | 'default';
  /** Of one run; as many as any template may have where it is undefined. */
  readonly mostSteps: number | undefined;
}

/** How a body ended: at its end, or by `break` or `continue`. */
type Ending = 'break' | 'continue' | undefined;

/** One run of one template. */
export class Execution {
  private readonly budget: Budget;
  private readonly around: Surroundings;
  private readonly output: string[] = [];
  private bytes = 0;
  private depth = 0;
  private template = '';
  private evaluator: Evaluator;

  constructor(
    private readonly program: Program,
    private readonly data: unknown,
  ) {
    const { functions, missingKey, mostSteps } = program;
    this.budget = new Budget(mostSteps);
    this.around = { functions, missingKey, budget: this.budget, fail: (message) => this.fail(message) };
    this.evaluator = new Evaluator(this.around, new Scope(undefined, this.budget));
  }

  run(): string {
    const { name, definitions } = this.program;
    try {
      const main = definitions.get(name);
      if (main) this.definition(main, this.data ?? undefined);
      return forOutside(this.output.join(''));
    } catch (error) {
      return error instanceof Overrun ? this.fail(error.message, true) : raise(error);
    }
  }

  private definition({ name, body }: Definition, dot: Value): void {
    const [template, evaluator] = [this.template, this.evaluator];
    this.template = name;
    this.evaluator = new Evaluator(this.around, new Scope(dot, this.budget));
    this.evaluator.at = evaluator.at;
    this.body(body, dot);
    this.template = template;
    this.evaluator = evaluator;
  }

  private body(body: Body, dot: Value): Ending {
    this.budget.enter();
    let ending: Ending;
    for (const node of body) {
      ending = this.node(node, dot);
      if (ending !== undefined) break;
    }
    this.budget.leave();
    return ending;
  }

  private node(node: Node, dot: Value): Ending {
    switch (node.kind) {
      case 'text':
        this.write(node.text);
        return undefined;
      case 'action':
        this.action(node, dot);
        return undefined;
      case 'template':
        this.call(node, dot);
        return undefined;
      case 'if':
      case 'with':
        return this.choice(node, dot);
      case 'range':
        return this.loop(node, dot);
      case 'break':
      case 'continue':
        break;
    }
    return node.kind;
  }

  private action(node: Action, dot: Value): void {
    this.evaluator.at = node;
    const value = this.evaluator.pipeline(dot, node.pipeline);
    // What is declared is not printed; its variables live until the next `end`.
    if (node.pipeline.variables.length > 0) return;
    this.evaluator.at = node;
    if (typeof value === 'string') this.write(value);
    else this.write(value === undefined ? '<no value>' : print([value], this.budget));
  }

  private write(text: string): void {
    this.budget.read(text);
    this.budget.spend();
    this.bytes += Buffer.byteLength(text);
    if (this.bytes > MOST_UNITS) {
      throw new Overrun(`more than ${MOST_UNITS} bytes of output: let the template write less`);
    }
    this.output.push(text);
  }

  private call(node: TemplateCall, dot: Value): void {
    const { name, pipeline } = node;
    this.evaluator.at = node;
    const definition = this.program.definitions.get(name) ?? this.fail(`template ${quote(name)} not defined`);
    if (this.depth === MOST_TEMPLATES_DEEP)
      throw new Overrun(`exceeded maximum template depth (${MOST_TEMPLATES_DEEP})`);
    this.depth += 1;
    this.definition(definition, pipeline && this.evaluator.pipeline(dot, pipeline));
    this.depth -= 1;
  }

  private choice({ kind, clauses, otherwise }: Choice, dot: Value): Ending {
    const { scope } = this.evaluator;
    const { size } = scope;
    let ending: Ending;
    let taken = otherwise;
    let inside = dot;
    for (const { pipeline, body } of clauses) {
      const value = this.evaluator.pipeline(dot, pipeline);
      if (!isTrue(value, this.budget)) continue;
      taken = body;
      inside = kind === 'with' ? value : dot;
      break;
    }
    if (taken !== undefined) ending = this.body(taken, inside);
    scope.cutTo(size);
    return ending;
  }

  private loop({ pipeline, body, otherwise }: Loop, dot: Value): Ending {
    const { scope } = this.evaluator;
    const { size } = scope;
    const value = this.evaluator.pipeline(dot, pipeline);
    const inner = scope.size;
    let ending: Ending;
    let isEmpty = true;
    for (const [key, element] of this.rounds(value, pipeline.variables.length)) {
      isEmpty = false;
      this.budget.spend();
      this.bind(pipeline.variables, pipeline.assigns, key, element);
      ending = this.body(body, element);
      scope.cutTo(inner);
      if (ending === 'break') break;
    }
    ending = isEmpty && otherwise !== undefined ? this.body(otherwise, dot) : undefined;
    scope.cutTo(size);
    return ending;
  }

  /** With one variable it is the element, with two the first is the key. */
  private bind([first, second]: readonly string[], assigns: boolean, key: Value, element: Value): void {
    const { evaluator } = this;
    if (first === undefined) return;
    if (assigns) {
      evaluator.assign(first, second === undefined ? element : key);
      if (second !== undefined) evaluator.assign(second, element);
      return;
    }
    evaluator.scope.setLast(1, element);
    if (second !== undefined) evaluator.scope.setLast(2, key);
  }

  private *rounds(value: Value, variables: number): Generator<readonly [Value, Value]> {
    const kind = kindOf(value);
    if (Array.isArray(value)) {
      for (const [place, element] of value.entries()) yield [BigInt(place), boxed(element)];
    } else if (kind === 'map') {
      yield* sortedEntries(value, this.budget);
    } else if (kind === 'int' || value instanceof Uint8) {
      const end = value instanceof Uint8 ? BigInt(value.value) : BigInt(String(value));
      if (variables > 1) this.fail(`can't use ${end} to iterate over more than one variable`);
      for (let number = 0n; number < end; number++) {
        yield [undefined, value instanceof Uint8 ? new Uint8(Number(number)) : number];
      }
    } else if (kind !== 'invalid') {
      this.fail(`range can't iterate over ${print([value], this.budget)}`);
    }
  }

  private fail(message: string, isBound = false): never {
    const { at } = this.evaluator;
    const { name, text } = this.program;
    if (at === undefined)
      throw new GoTemplateFault(name, undefined, `template: ${this.template}: ${message}`, isBound);
    const before = text.slice(0, at.place);
    const line = before.split('\n').length;
    const column = Buffer.byteLength(before.slice(before.lastIndexOf('\n') + 1));
    const place = `${name}:${line}:${column}: executing ${quote(this.template)} at <${textOf(at)}>`;
    throw new GoTemplateFault(name, line, `template: ${place}: ${message}`, isBound);
  }
}

function raise(error: unknown): never {
  throw error;
}
