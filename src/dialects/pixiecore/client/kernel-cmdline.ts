import { compareStrings } from '../../../go-template/go-string.js';
import { parseTemplate } from '../../../go-template/go-template.js';
import { quote } from '../../../go-template/quote.js';
import { AnswerUnfit } from './errors.js';

/** Far above what a kernel takes, in code units. */
const LONGEST_CMDLINE = 16 << 10;
/** Enough for any command line: a few milliseconds. */
const MOST_STEPS = 10_000;

/**
 * The command line in each form of the API: a template of Go's whose function `URL` has the machine fetch something through this
 * server, or an object. An object's keys are sorted; a text is `k="v"`, either boolean a bare `k`, `{"url": …}` a URL as by `URL`.
 * @throws AnswerUnfit, GoTemplateFault, and what `proxied` throws
 */
export function kernelCmdline(cmdline: unknown, proxied: (url: string) => string): string {
  const text = textOf(cmdline, proxied);
  if (text.length > LONGEST_CMDLINE)
    throw new AnswerUnfit(`cmdline comes to more than ${LONGEST_CMDLINE} characters`);
  return text;
}

function textOf(cmdline: unknown, proxied: (url: string) => string): string {
  if (cmdline === undefined || cmdline === null) return '';
  if (typeof cmdline === 'string') {
    const options = { functions: { URL: proxied }, mostSteps: MOST_STEPS };
    return parseTemplate('cmdline', cmdline, options).execute(null);
  }
  if (typeof cmdline !== 'object' || Array.isArray(cmdline)) {
    throw new AnswerUnfit('cmdline is neither a text nor an object');
  }
  const entries = Object.entries(cmdline).sort(([a], [b]) => compareStrings(a, b));
  return entries.map(([key, value]) => wordOf(key, value, proxied)).join(' ');
}

function wordOf(key: string, value: unknown, proxied: (url: string) => string): string {
  if (typeof value === 'boolean') return key;
  if (typeof value === 'string') return `${key}=${quote(value)}`;
  if (typeof value === 'object' && value !== null && 'url' in value && typeof value.url === 'string') {
    return `${key}=${proxied(value.url)}`;
  }
  throw new AnswerUnfit(`cmdline.${key} is neither a text, a boolean nor {"url": …}`);
}
