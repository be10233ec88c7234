import { compileFunction } from 'node:vm';
import { checkComments } from './check-comments.js';
import { lintTemplate, type KnownNames } from './lint-template.js';
import { engine, type CompiledTemplate, type ListNode } from './nunjucks-engine.js';
import { markLines } from './line-marks.js';
import { makeLookupsStrict } from './strict-lookups.js';
import { TemplateFault } from './template-fault.js';

/** @throws TemplateFault for syntax errors and for whatever `lintTemplate` refuses. */
export function compileTemplate(text: string, template: string, known: KnownNames): CompiledTemplate {
  checkComments(text, template);
  engineParse(text, template); // as it is written, for the lines of its errors
  const root = engineParse(dropStandaloneTags(text), template);
  lintTemplate(root, template, known);
  return compileTree(root, template, known);
}

/** The same, but each line of the output tells where it comes from: for faults that only show in the output. */
export function compileMarked(text: string, template: string, known: KnownNames): CompiledTemplate {
  return compileTree(engineParse(markLines(dropStandaloneTags(text), template), template), template, known);
}

const TAG = String.raw`(?:\{%(?:(?!%\}|\{%)[\s\S])*%\}|\{#(?:(?!#\})[\s\S])*#\})`;
const OPENING = String.raw`(?:\{%(?:(?!-?%\}|\{%)[\s\S])*|\{#(?:(?!-?#\})[\s\S])*)`;
const STANDALONE = new RegExp(String.raw`^[ \t]*((?:${TAG}[ \t]*)*${OPENING})(-?%\}|-?#\})[ \t]*\r?\n`, 'gm');
const RAW_BLOCKS = /(\{%-?\s*raw\s*-?%\}[\s\S]*?\{%-?\s*endraw\s*-?%\})/;

/**
 * Lets a line that holds nothing but tags and comments leave no trace in the output: its blanks go, and its line break moves
 * into the last tag, so that the lines keep their numbers. What stands between `{% raw %}` and `{% endraw %}` stays as it is.
 */
function dropStandaloneTags(text: string): string {
  return text
    .split(RAW_BLOCKS)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(STANDALONE, '$1\n$2')))
    .join('');
}

function compileTree(root: ListNode, template: string, known: KnownNames): CompiledTemplate {
  makeLookupsStrict(root, { template, escapers: known.escapers });
  const compiler = new engine.compiler.Compiler(template, true);
  try {
    compiler.compile(root);
  } catch (error) {
    throw syntaxFault(template, error, undefined);
  }
  const compiled: unknown = compileFunction(compiler.getCode(), [], { filename: template })();
  if (!isCompiled(compiled)) throw new TypeError(`nunjucks made no template of ${template}`);
  return compiled;
}

function engineParse(text: string, template: string): ListNode {
  try {
    return engine.parser.parse(text);
  } catch (error) {
    throw syntaxFault(template, error, text.trimEnd().split('\n').length);
  }
}

/** nunjucks counts the lines of its own errors from 1, and names none when the text ends too early. */
function syntaxFault(template: string, error: unknown, lastLine: number | undefined): TemplateFault {
  const line = typeof error === 'object' && error !== null && 'lineno' in error ? error.lineno : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  return new TemplateFault(
    { template, line: typeof line === 'number' && line > 0 ? line : lastLine },
    `is not a template: ${reason}`,
    { cause: error },
  );
}

function isCompiled(value: unknown): value is CompiledTemplate {
  return typeof value === 'object' && value !== null && 'root' in value && typeof value.root === 'function';
}
