import type { NumberValue } from './literals.js';
import { quote } from './quote.js';

interface At {
  /** Where Go says that it is, in code units of the template's text. */
  readonly place: number;
}

export type Operand = At &
  (
    | { readonly kind: 'dot' | 'nil' }
    | { readonly kind: 'bool'; readonly value: boolean }
    | { readonly kind: 'number'; readonly value: NumberValue; readonly literal: string }
    | { readonly kind: 'string'; readonly value: string; readonly literal: string }
    | { readonly kind: 'field'; readonly names: readonly string[] }
    /** The first name has its dollar sign. */
    | { readonly kind: 'variable'; readonly names: readonly string[] }
    | { readonly kind: 'chain'; readonly of: Operand; readonly names: readonly string[] }
    | { readonly kind: 'identifier'; readonly name: string }
    | Pipeline
  );

export interface Command extends At {
  readonly kind: 'command';
  readonly words: readonly Operand[];
}

export interface Pipeline extends At {
  readonly kind: 'pipeline';
  readonly variables: readonly string[];
  /** Whether the variables are there already. */
  readonly assigns: boolean;
  readonly commands: readonly Command[];
}

export interface Action extends At {
  readonly kind: 'action';
  readonly pipeline: Pipeline;
}

export interface TemplateCall extends At {
  readonly kind: 'template';
  readonly name: string;
  readonly pipeline: Pipeline | undefined;
}

export interface Choice extends At {
  readonly kind: 'if' | 'with';
  readonly clauses: readonly { readonly pipeline: Pipeline; readonly body: Body }[];
  readonly otherwise: Body | undefined;
}

export interface Loop extends At {
  readonly kind: 'range';
  readonly pipeline: Pipeline;
  readonly body: Body;
  readonly otherwise: Body | undefined;
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'break' | 'continue' }
  | Action
  | TemplateCall
  | Choice
  | Loop;

export type Body = readonly Node[];

export interface Definition {
  readonly name: string;
  readonly body: Body;
}

/** What an error can be at. */
export type Site = Operand | Command | Action | TemplateCall;

/** The text of it in errors. */
export function textOf(site: Site): string {
  switch (site.kind) {
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(site.value);
    case 'number':
    case 'string':
      return site.literal;
    case 'field':
      return `.${site.names.join('.')}`;
    case 'variable':
      return site.names.join('.');
    case 'chain':
      return `${textOfWord(site.of)}.${site.names.join('.')}`;
    case 'identifier':
      return site.name;
    case 'command':
      return site.words.map(textOfWord).join(' ');
    case 'pipeline':
      return textOfPipeline(site);
    case 'action':
      return `{{${textOfPipeline(site.pipeline)}}}`;
    case 'template':
      break;
  }
  const argument = site.pipeline === undefined ? '' : ` ${textOfPipeline(site.pipeline)}`;
  return `{{template ${quote(site.name)}${argument}}}`;
}

function textOfWord(word: Operand): string {
  return word.kind === 'pipeline' ? `(${textOf(word)})` : textOf(word);
}

function textOfPipeline({ variables, assigns, commands }: Pipeline): string {
  const declared = variables.length > 0 ? `${variables.join(', ')} ${assigns ? '=' : ':='} ` : '';
  return declared + commands.map(textOf).join(' | ');
}
