import type { Budget } from './bounds.js';
import type { GoFunction } from './functions.js';
import { CallFault } from './go-template-fault.js';
import { entryOf, isTrue, kindOf, typeName, unbox, type Value } from './go-value.js';
import { quote } from './quote.js';
import type { Scope } from './scope.js';
import { textOf, type Command, type Operand, type Pipeline, type Site } from './syntax-tree.js';

/** That no value comes from the pipeline: nothing, which undefined is not. */
const missing = Symbol('missing');

type Parameter = GoFunction['fixed'][number];

/** What a pipeline is evaluated with. */
export interface Surroundings {
  readonly functions: ReadonlyMap<string, GoFunction>;
  readonly missingKey: 'error' | 'default';
  readonly budget: Budget;
  /** @throws a fault at the place where the evaluator is */
  readonly fail: (message: string) => never;
}

/** Evaluates pipelines and what is in them. */
export class Evaluator {
  /** Where the evaluator is, for errors. */
  at: Site | undefined;

  constructor(
    private readonly around: Surroundings,
    readonly scope: Scope,
  ) {}

  /** The value of a pipeline, out of its interface; its variables are then in scope. */
  pipeline(dot: Value, pipeline: Pipeline): Value {
    this.around.budget.enter();
    this.at = pipeline;
    let value: Value = missing;
    for (const command of pipeline.commands) value = unbox(this.command(dot, command, value));
    for (const name of pipeline.variables) {
      if (!pipeline.assigns) this.scope.declare(name, value);
      else this.assign(name, value);
    }
    this.around.budget.leave();
    return value;
  }

  assign(name: string, value: Value): void {
    if (!this.scope.set(name, value)) this.fail(`undefined variable: ${name}`);
  }

  private command(dot: Value, command: Command, final: Value): Value {
    this.around.budget.spend();
    const [word] = command.words;
    if (word === undefined) return undefined;
    switch (word.kind) {
      case 'field':
      case 'chain':
      case 'variable':
        return this.chained(dot, word, command.words, final);
      case 'identifier':
        this.at = word;
        return this.call(dot, word.name, command, command.words.slice(1), final);
      case 'pipeline':
        this.refuseArguments(command.words, final);
        return this.pipeline(dot, word);
      case 'dot':
      case 'nil':
      case 'bool':
      case 'number':
      case 'string':
        break;
    }
    this.at = word;
    this.refuseArguments(command.words, final);
    return word.kind === 'nil' ? this.fail('nil is not a command') : this.literal(dot, word);
  }

  private refuseArguments(words: readonly Operand[], final: Value): void {
    const [word] = words;
    if (word && (words.length > 1 || final !== missing)) {
      this.fail(`can't give argument to non-function ${textOf(word)}`);
    }
  }

  private literal(dot: Value, word: Operand): Value {
    if (word.kind === 'dot') return dot;
    if (word.kind === 'number' && word.value === 'overflow')
      return this.fail(`${word.literal} overflows int`);
    return word.kind === 'number' || word.kind === 'string' || word.kind === 'bool' ? word.value : undefined;
  }

  /** A field, a variable or a chain; `words` are the word itself and its arguments, which none of them takes. */
  private chained(
    dot: Value,
    word: Operand & { kind: 'field' | 'variable' | 'chain' },
    words: readonly Operand[],
    final: Value,
  ): Value {
    this.at = word;
    const hasArguments = words.length > 1 || final !== missing;
    let receiver = dot;
    let { names } = word;
    if (word.kind === 'chain') receiver = this.argument(dot, 'value', word.of);
    if (word.kind === 'variable') {
      const [name = '', ...fields] = names;
      receiver = (this.scope.get(name) ?? this.fail(`undefined variable: ${name}`)).value;
      if (fields.length === 0) this.refuseArguments(words, final);
      names = fields;
    }
    for (const [place, name] of names.entries()) {
      receiver = this.field(receiver, name, hasArguments && place === names.length - 1);
    }
    return receiver;
  }

  private field(receiver: Value, name: string, hasArguments: boolean): Value {
    this.around.budget.spend();
    const isError = this.around.missingKey === 'error';
    if (receiver === undefined)
      return isError ? this.fail(`nil data; no entry for key ${quote(name)}`) : undefined;
    const inside = unbox(receiver);
    if (inside === undefined) return this.fail(`nil pointer evaluating interface {}.${name}`);
    if (kindOf(inside) !== 'map')
      return this.fail(`can't evaluate field ${name} in type ${typeName(receiver)}`);
    if (hasArguments) return this.fail(`${name} is not a method but has arguments`);
    const value = entryOf(inside, name);
    return value === undefined && isError ? this.fail(`map has no entry for key ${quote(name)}`) : value;
  }

  /** @param site what an error of the function itself is at */
  private call(dot: Value, name: string, site: Site, words: readonly Operand[], final: Value): Value {
    const { budget, functions } = this.around;
    const known = functions.get(name) ?? this.fail(`${quote(name)} is not a defined function`);
    const { fixed, rest } = known;
    const count = words.length + (final === missing ? 0 : 1);
    if (rest !== undefined && count < fixed.length) {
      this.fail(`wrong number of args for ${name}: want at least ${fixed.length} got ${words.length}`);
    }
    if (rest === undefined && count !== fixed.length) {
      this.fail(`wrong number of args for ${name}: want ${fixed.length} got ${count}`);
    }
    if (name === 'and' || name === 'or') return this.shortCircuit(dot, name, words, final);
    const type = (place: number): Parameter => fixed[place] ?? rest ?? 'any';
    const values = words.map((word, place) => this.argument(dot, type(place), word));
    if (final !== missing) values.push(this.validated(final, type(words.length)));
    try {
      if (name === 'call')
        return refuseCall(values[0], words[0] === undefined ? describe(final) : textOf(words[0]));
      return known.call(values, budget);
    } catch (error) {
      if (!(error instanceof CallFault)) throw error;
      this.at = site;
      return this.fail(`error calling ${name}: ${error.message}`);
    }
  }

  private shortCircuit(dot: Value, name: 'and' | 'or', words: readonly Operand[], final: Value): Value {
    let value: Value;
    for (const word of words) {
      value = this.argument(dot, 'value', word);
      if (isTrue(value, this.around.budget) === (name === 'or')) return value;
    }
    return final === missing ? value : final;
  }

  private argument(dot: Value, type: Parameter, word: Operand): Value {
    this.around.budget.spend();
    this.at = word;
    switch (word.kind) {
      case 'dot':
        return this.validated(dot, type);
      case 'nil':
        return type === 'string' ? this.fail('cannot assign nil to string') : undefined;
      case 'field':
      case 'variable':
      case 'chain':
        return this.validated(this.chained(dot, word, [word], missing), type);
      case 'pipeline':
        return this.validated(this.pipeline(dot, word), type);
      case 'identifier':
        return this.validated(this.call(dot, word.name, word, [], missing), type);
      case 'bool':
      case 'number':
      case 'string':
        break;
    }
    if (type === 'string' && word.kind !== 'string') this.fail(`expected string; found ${textOf(word)}`);
    return this.literal(dot, word);
  }

  private validated(value: Value, type: Parameter): Value {
    if (type !== 'string') return type === 'any' ? unbox(value) : value;
    const inside = unbox(value);
    if (typeof inside === 'string') return inside;
    if (value === undefined) return this.fail('invalid value; expected string');
    return this.fail(
      `wrong type for value; expected string; got ${typeName(inside === undefined ? value : inside)}`,
    );
  }

  private fail(message: string): never {
    return this.around.fail(message);
  }
}

/** There are no functions among the data, so that `call` has nothing to call. */
function refuseCall(value: Value, name: string): never {
  const inside = unbox(value);
  if (inside === undefined) throw new CallFault('call of nil');
  throw new CallFault(`non-function ${name} of type ${typeName(inside)}`);
}

/** A value as Go names one whose text it does not know. */
function describe(value: Value): string {
  return typeof value === 'string' ? value : `<${typeName(value)} Value>`;
}
