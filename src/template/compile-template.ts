import { compileFunction } from 'node:vm';
import { lintTemplate, type KnownNames } from './lint-template.js';
import { engine, type CompiledTemplate, type ListNode } from './nunjucks-engine.js';
import { dropStandaloneTags } from './standalone-tags.js';
import { makeLookupsStrict } from './strict-lookups.js';
import { TemplateFault } from './template-fault.js';

/** @throws TemplateFault for syntax errors and for whatever `lintTemplate` refuses. */
export function compileTemplate(text: string, template: string, known: KnownNames): CompiledTemplate {
  const root = parse(dropStandaloneTags(text), template);
  lintTemplate(root, template, known);
  makeLookupsStrict(root, { template, escapers: known.escapers });
  const compiler = new engine.compiler.Compiler(template, true);
  try {
    compiler.compile(root);
  } catch (error) {
    throw syntaxFault(template, error);
  }
  const compiled: unknown = compileFunction(compiler.getCode(), [], { filename: template })();
  if (!isCompiled(compiled)) throw new TypeError(`nunjucks made no template of ${template}`);
  return compiled;
}

function parse(text: string, template: string): ListNode {
  try {
    return engine.parser.parse(text);
  } catch (error) {
    throw syntaxFault(template, error);
  }
}

/** nunjucks counts the lines of its own errors from 1. */
function syntaxFault(template: string, error: unknown): TemplateFault {
  const line = typeof error === 'object' && error !== null && 'lineno' in error ? error.lineno : undefined;
  const reason = error instanceof Error ? error.message : String(error);
  return new TemplateFault(
    { template, line: typeof line === 'number' && line > 0 ? line : undefined },
    `is not a template: ${reason}`,
    { cause: error },
  );
}

function isCompiled(value: unknown): value is CompiledTemplate {
  return typeof value === 'object' && value !== null && 'root' in value && typeof value.root === 'function';
}
