import { z } from 'zod';
import type { BootPlan, KernelArgument } from '../../../boot/boot-plan.js';
import { showValue } from '../../../errors.js';
import { AnswerUnfit } from './errors.js';
import { kernelCmdline } from './kernel-cmdline.js';

const MOST_INITRDS = 32;
/** Kernel, ramdisks and those of the command line. */
const MOST_URLS = 64;
const LONGEST_URL = 2048;
const MOST_MESSAGE_LINES = 10;
const LONGEST_MESSAGE = 1000;

/** Go passes over what it does not know, and takes null for what is not there. */
const Answer = z.object({
  kernel: z.string().nullish(),
  initrd: z.array(z.string()).max(MOST_INITRDS).nullish(),
  cmdline: z.unknown().optional(),
  message: z.string().nullish(),
  'ipxe-script': z.string().nullish(),
});

export interface AnswerPorts {
  /** Where the API is: URLs may be relative to the root of its server. */
  readonly api: string;
  /** Where machines get a URL's file through this server. */
  readonly proxied: (url: string) => string;
  /** The URL of the script by which the machine asks anew. */
  readonly retry: string;
}

/** What a machine boots by an answer of the API. @throws AnswerUnfit, GoTemplateFault */
export function planOfAnswer(json: unknown, ports: AnswerPorts): BootPlan {
  const parsed = Answer.safeParse(json);
  if (!parsed.success) {
    const { path = [], message = '' } = parsed.error.issues[0] ?? {};
    throw new AnswerUnfit(`${path.join('.') || 'the answer'}: ${message}`);
  }
  const { kernel, initrd, cmdline, message, 'ipxe-script': script } = parsed.data;
  const reason = `${ports.api} says so`;
  if (script) return { kind: 'script', reason, text: script };
  if (!kernel) throw new AnswerUnfit('it names neither a kernel nor an ipxe-script');
  let urls = 0;
  const fetched = (field: string) => (url: string) => {
    urls += 1;
    if (urls > MOST_URLS) throw new AnswerUnfit(`it names more than ${MOST_URLS} URLs`);
    return ports.proxied(absoluteUrl(url, ports.api, field));
  };
  return {
    kind: 'kernel',
    purpose: 'other',
    label: 'pixiecore.api',
    kernel: fetched('kernel')(kernel),
    initrds: (initrd ?? []).map((url, index) => ({
      name: `initrd${index}`,
      url: fetched(`initrd.${index}`)(url),
    })),
    arguments: wordsOf(kernelCmdline(cmdline, fetched('cmdline'))),
    reason,
    message: messageLines(message ?? ''),
    retry: ports.retry,
  };
}

/**
 * Relative ones start at the root of the API's server, not at its prefix.
 * @throws AnswerUnfit
 */
export function absoluteUrl(text: string, api: string, field: string): string {
  const root = new URL('/', api);
  const url = URL.canParse(text, root.href) ? new URL(text, root.href) : undefined;
  if (!url) throw new AnswerUnfit(`${field}: ${showValue(text)} is no URL`);
  if (url.protocol === 'file:') {
    throw new AnswerUnfit(
      `${field}: ${showValue(text)} would be a file of this server, and imago gives none of those away: let an HTTP server serve it`,
    );
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new AnswerUnfit(`${field}: ${showValue(text)} is not an http or https URL`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new AnswerUnfit(`${field}: its URL holds a password`);
  }
  if (url.href.length > LONGEST_URL) {
    throw new AnswerUnfit(`${field}: its URL is longer than ${LONGEST_URL} characters`);
  }
  url.hash = '';
  return url.href;
}

/** iPXE takes a command line apart at blanks and puts it together with one each. */
function wordsOf(cmdline: string): KernelArgument[] {
  const words = cmdline.split(/\s+/).filter((word) => word !== '');
  return words.map((text) => ({ text, from: 'operator' }));
}

function messageLines(message: string): string[] {
  const lines = message.slice(0, LONGEST_MESSAGE).split(/\r?\n/, MOST_MESSAGE_LINES);
  return lines.filter((line) => line.trim() !== '').map((line) => `imago: ${line}`);
}
