import { isPair, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
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
  return { value, fault: (path, reason) => parseWhole(text, template, locate).fault(path, reason) };
}

/** All of YAML, with the place of each field. */
export function parseWhole(
  text: string,
  template: string,
  locate: Locate = () => undefined,
): RenderedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const faultAt = (offset: number, reason: string, field?: string) => {
    const line = Math.max(lines.linePos(offset).line, 1);
    const excerpt = (text.split('\n')[line - 1] ?? '').trim().slice(0, 60);
    const output = `line ${line} of the output of ${template}: ${excerpt}`;
    return new TemplateFault({ template, line, ...locate(line), field }, `${reason} (${output})`);
  };
  const [error] = document.errors;
  if (error) throw faultAt(error.pos[0], `makes no YAML: ${error.message}`);
  readModesAsOctal(document);
  return {
    value: valueOf(document, template),
    fault: (path, reason) => faultAt(offsetOf(document, path), reason, showPath(path)),
  };
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

function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const step = path[length - 1];
    if (typeof parent === 'object' && parent !== null && 'items' in parent && Array.isArray(parent.items)) {
      const pairs: readonly unknown[] = parent.items;
      const pair = pairs.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(step),
      );
      if (isPair(pair) && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range))
      return Number(node.range[0]);
  }
  return 0;
}

/** `storage.files[0].path` */
function showPath(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text ? `${text}.${step}` : step),
    '',
  );
}
