import { TemplateFault } from './template-fault.js';

const OPENING = /\{[%{#]/g;
const RAW_TAG = /^\{%-?\s*(raw|verbatim)\s*-?%\}/;
const WAY_OUT = 'put that text between {% raw %} and {% endraw %}';

/**
 * That no text of a shell script is taken for a comment of nunjucks: `${#list}` begins one, and `${name%#}` ends one.
 * @throws TemplateFault
 */
export function checkComments(text: string, template: string): void {
  const fault = (at: number, reason: string) =>
    new TemplateFault({ template, line: text.slice(0, at).split('\n').length }, `${reason}: ${WAY_OUT}`);
  for (let at = nextOpening(text, 0); at >= 0;) {
    let end: number;
    if (text[at + 1] === '#') {
      if (text[at - 1] === '$')
        throw fault(at, '${# begins a comment of the template, and what follows up to #} is lost');
      end = text.indexOf('#}', at + 2);
      if (end < 0) throw fault(at, '{# begins a comment of the template that has no end, #}');
      const opened = text.lastIndexOf('${', end);
      if (opened > at && !text.slice(opened, end).includes('}'))
        throw fault(opened, 'a comment of the template ends within this ${…}, and the rest of it is put out');
      end += 2;
    } else {
      end = endOfTag(text, at);
    }
    at = nextOpening(text, end);
  }
}

function nextOpening(text: string, from: number): number {
  OPENING.lastIndex = from;
  return OPENING.exec(text)?.index ?? -1;
}

/** A raw block is one with its content. Tags without an end are told of by nunjucks itself. */
function endOfTag(text: string, at: number): number {
  const [, raw] = RAW_TAG.exec(text.slice(at, text.indexOf('%}', at) + 2)) ?? [];
  if (raw !== undefined) return endOfRaw(text, at, raw);
  const closing = text[at + 1] === '{' ? '}}' : '%}';
  for (let index = at + 2; index < text.length; index += 1) {
    if (text.startsWith(closing, index)) return index + 2;
    const quote = text[index];
    if (quote !== '"' && quote !== "'") continue;
    for (index += 1; index < text.length && text[index] !== quote; index += 1) {
      if (text[index] === '\\') index += 1;
    }
  }
  return text.length;
}

function endOfRaw(text: string, at: number, name: string): number {
  let depth = 0;
  for (const tag of text.slice(at).matchAll(new RegExp(`\\{%-?\\s*(end)?${name}\\s*-?%\\}`, 'g'))) {
    depth += tag[1] === undefined ? 1 : -1;
    if (depth === 0) return at + tag.index + tag[0].length;
  }
  return text.length;
}
