import { MOST_SOURCE_UNITS } from './bounds.js';
import { Execution, type Program } from './execution.js';
import { builtins, stringFunction } from './functions.js';
import { GoTemplateFault } from './go-template-fault.js';
import { Lexer } from './lexer.js';
import { Parser } from './parser.js';
import type { Definition } from './syntax-tree.js';

export interface GoTemplateOptions {
  /** Functions besides Go's own, by name: they take as many strings as they have parameters. What they throw ends the template. */
  readonly functions?: Readonly<Record<string, (...texts: string[]) => string>>;
  /** What a key that a map does not have is: an error (unless said otherwise), or no value, as with Go unless it is told. */
  readonly missingKey?: 'error' | 'default';
  /** Steps of one execution, where less is enough than what any template may have. */
  readonly mostSteps?: number;
}

/** A template of Go's `text/template`, parsed once. It runs as often as one likes, and no run changes it. */
export interface GoTemplate {
  readonly name: string;
  /**
   * The output for this data, as JSON.parse makes it: a number is a float64. A StringMap is a `map[string]string`.
   * @throws GoTemplateFault with Go's message, or with the bound that was met
   */
  execute(data: unknown): string;
}

/** @throws GoTemplateFault with Go's message */
export function parseTemplate(name: string, text: string, options: GoTemplateOptions = {}): GoTemplate {
  if (text.length > MOST_SOURCE_UNITS) {
    throw new GoTemplateFault(
      name,
      undefined,
      `template: ${name}: longer than ${MOST_SOURCE_UNITS} characters`,
      true,
    );
  }
  const own = Object.entries(options.functions ?? {}).map(
    ([known, run]) => [known, stringFunction(run)] as const,
  );
  const functions = new Map([...Object.entries(builtins), ...own]);
  const definitions = new Map<string, Definition>();
  const isFunction = (known: string): boolean => functions.has(known);
  new Parser({ name, lexer: new Lexer(text), definitions, isFunction, depth: 0 }).parse();
  const { missingKey = 'error', mostSteps } = options;
  const program: Program = { name, text, definitions, functions, missingKey, mostSteps };
  return { name, execute: (data) => new Execution(program, data).run() };
}
