import { cleanText, shorten, type ImagoError } from '../errors.js';
import { BmcFault, BmcRefusedCredentials, BmcUnsupported } from './errors.js';
import { ErrorAnswer, TaskMessages } from './redfish-schema.js';

/** What the BMC was asked, and what it answered. */
export interface RefusedCall {
  readonly bmc: string;
  readonly user: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
  /** Takes the password out of what it says. */
  readonly scrub: (text: string) => string;
}

/** Characters of what a BMC says, and how many of its messages are looked at. */
const LONGEST_REASON = 300;
const MOST_MESSAGES = 16;

/** The BMC's own reason, and what helps against it. */
export function refusalOf(call: RefusedCall): ImagoError {
  const { bmc, user, method, path, status, body, scrub } = call;
  const messages = messagesOf(body);
  const ids = messages.map(({ MessageId }) => lastPart(MessageId ?? ''));
  const said = scrub(reasonOf(messages, body));
  const what = `status ${status} to ${method} ${cleanText(shorten(path, 200))}`;
  if (ids.includes('PasswordChangeRequired')) {
    return new BmcRefusedCredentials(
      bmc,
      user,
      said,
      'its password has to be changed first: log in to the BMC, set another one, and write that where power.password says',
    );
  }
  if (status === 401) return new BmcRefusedCredentials(bmc, user, `status 401: ${said}`);
  if (status === 403) return new BmcRefusedCredentials(bmc, user, `it may not do this: ${said}`);
  if (ids.some((id) => id.startsWith('SessionLimitExceeded'))) {
    return new BmcFault(bmc, `${what}: ${said}`, 'wait until its old sessions end, or end them in the BMC');
  }
  if (status === 404 || status === 405 || status === 501) {
    return new BmcUnsupported(
      bmc,
      `do ${method} ${cleanText(shorten(path, 200))} (status ${status}: ${said})`,
      'see its manual',
    );
  }
  if (status === 409)
    return new BmcFault(
      bmc,
      `${what}: ${said}`,
      'wait until it has done what it does now, or raise power.timeoutSeconds',
    );
  if (status >= 300 && status < 500) {
    return new BmcFault(bmc, `${what}: ${said}`, 'see its manual, or whether its firmware can be renewed');
  }
  return new BmcFault(bmc, `${what}: ${said}`);
}

/** What a task says of how it ended. */
export function reasonOfTask(body: unknown): string {
  const told = TaskMessages.safeParse(body);
  return reasonOf(told.success ? (told.data.Messages ?? []) : [], body);
}

interface Message {
  readonly Message?: string | null | undefined;
  readonly MessageId?: string | null | undefined;
  readonly MessageArgs?: readonly unknown[] | null | undefined;
}

/** DSP0266 §8.6; some leave the `error` around them out. */
function messagesOf(body: unknown): readonly Message[] {
  const told = ErrorAnswer.safeParse(body);
  if (!told.success) return [];
  const { error, '@Message.ExtendedInfo': bare } = told.data;
  return [error?.['@Message.ExtendedInfo'], bare].flatMap((info) => info ?? []).slice(0, MOST_MESSAGES);
}

function reasonOf(messages: readonly Message[], body: unknown): string {
  const told = ErrorAnswer.safeParse(body);
  const error = told.success ? told.data.error : undefined;
  const candidates = [
    ...messages.map(({ Message }) => Message),
    ...messages.map(({ MessageId, MessageArgs }) => MessageId && named(MessageId, MessageArgs ?? [])),
    error?.message,
    error?.code,
  ];
  const said = candidates.find((text) => text !== undefined && text !== null && text.trim() !== '');
  return cleanText(shorten(said ?? 'no reason given', LONGEST_REASON));
}

/** `Base.1.8.PropertyNotWritable` about `Boot`. */
function named(id: string, about: readonly unknown[]): string {
  const words = about.filter((word) => typeof word === 'string').slice(0, 4);
  return words.length === 0 ? id : `${id} (${words.join(', ')})`;
}

function lastPart(id: string): string {
  return id.split('.').at(-1) ?? '';
}
