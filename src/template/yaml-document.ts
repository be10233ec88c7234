import { isScalar, LineCounter, visit, type Document } from 'yaml';
import { readYaml, repeatedKey, TooMuchYaml, type BoundedYaml } from '../config/bounded-yaml.js';
import { showPath } from '../config/fault.js';
import { offsetOf } from '../config/yaml-place.js';
import { readPlainYaml } from './plain-yaml.js';
import { TemplateFault, type TemplatePlace } from './template-fault.js';

/** A document that a template made, and where in the output each field stands. */
export interface RenderedDocument {
  readonly value: unknown;
  /** The fault at a field; an absent field stands where its parent does. */
  fault(path: readonly (string | number)[], reason: string): TemplateFault;
}

/** Where a line of the output, counted from 1, comes from. */
export type Locate = (outputLine: number) => TemplatePlace | undefined;

/**
 * Reads YAML 1.2 as people write it for machines: `mode: 0644` is octal, as in YAML 1.1.
 * @throws TemplateFault when it is not YAML; with the line that is to be mended where that is known, else the line of the output.
 */
export function parseRendered(
  text: string,
  template: string,
  locate: Locate = () => undefined,
): RenderedDocument {
  const value = readPlainYaml(text);
  if (value === undefined) return parseWhole(text, template, locate);
  const fault: RenderedDocument['fault'] = (path, reason) => {
    try {
      return parseWhole(text, template, locate).fault(path, reason);
    } catch (error) {
      if (!(error instanceof TemplateFault)) throw error;
      return new TemplateFault({ template, field: showPath(path) }, reason); // too long to find its line
    }
  };
  return { value, fault };
}

/** All of YAML, with the place of each field. */
export function parseWhole(
  text: string,
  template: string,
  locate: Locate = () => undefined,
): RenderedDocument {
  const lines = new LineCounter();
  const faultAt = (offset: number, reason: string, field?: string) => {
    const line = Math.max(lines.linePos(offset).line, 1);
    const excerpt = (text.split('\n')[line - 1] ?? '').trim().slice(0, 60);
    const output = `line ${line} of the output of ${template}: ${excerpt}`;
    return new TemplateFault({ template, line, ...locate(line), field }, `${reason} (${output})`);
  };
  const { document, second } = bounded(text, lines, faultAt);
  const fault = faultIn(document, second);
  if (fault) throw faultAt(fault.offset, `makes no YAML: ${fault.reason}`);
  readModesAsOctal(document);
  return {
    value: valueOf(document, template),
    fault: (path, reason) => faultAt(offsetOf(document, path), reason, showPath(path)),
  };
}

function bounded(
  text: string,
  lines: LineCounter,
  faultAt: (offset: number, reason: string) => TemplateFault,
): BoundedYaml {
  try {
    return readYaml(text, { lines });
  } catch (error) {
    if (error instanceof TooMuchYaml) throw faultAt(error.offset, error.reason);
    throw error;
  }
}

function faultIn(
  document: Document.Parsed,
  second: number | undefined,
): { readonly offset: number; readonly reason: string } | undefined {
  const [error] = document.errors;
  if (error) return { offset: error.pos[0], reason: error.message };
  if (second !== undefined) return { offset: second, reason: 'a second document begins here' };
  const repeated = repeatedKey(document);
  return repeated && { ...repeated, reason: 'Map keys must be unique' };
}

function valueOf(document: Document.Parsed, template: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TemplateFault({ template }, `makes no YAML: ${reason}`, { cause: error });
  }
}

function readModesAsOctal(document: Document.Parsed): void {
  visit(document, {
    Pair(_, { key, value }) {
      if (isScalar(key) && key.value === 'mode' && isScalar(value) && /^0[0-7]+$/.test(value.source ?? '')) {
        value.value = Number.parseInt(value.source ?? '', 8);
      }
    },
  });
}
