import type { z } from 'zod';
import { ApiProblem, UnexpectedAnswer } from './errors.js';
import type { Event, EventQuery } from './events.js';
import { parseEventStream } from './event-stream.js';
import { exchange, exchangeStream, headerText } from './exchange.js';
import { DEFAULT_OPERATOR, OPERATOR_HEADER } from './operator-header.js';
import type {
  BootDeviceCommand,
  BootDeviceDone,
  Inventory,
  PowerAction,
  PowerDone,
  PowerState,
} from './power.js';
import type { ExplainQuery, Explanation } from './explanation.js';
import { plainHosts } from './plain-hosts.js';
import type { FetchCommand, ImageFetch, ImageFile, ImageList, ImageVerdict } from './images.js';
import type { Readiness } from './readiness.js';
import type { Rendered, RenderedKind, RenderedQuery } from './rendered.js';
import type {
  ApiHost,
  HistoryEntry,
  HostPatch,
  Lease,
  NewHost,
  ProfileList,
  State,
  Version,
} from './schemas.js';

export interface ApiClientOptions {
  /** Where imago’s administrative listener is, as in `http://10.75.0.1:4080`. */
  readonly baseUrl: string;
  /** Who commands; stands in the history of what he changes. */
  readonly operator?: string;
  /** For the whole of one call. */
  readonly timeoutMs?: number;
}

/**
 * imago’s `/api/v1`, typed. Every call rejects with ApiProblem when the server refuses, ServerUnreachable when nobody answers
 * in time, and UnexpectedAnswer when somebody else does.
 */
export class ApiClient {
  private readonly baseUrl: string;
  private readonly operator: string;
  private readonly timeoutMs: number;

  constructor({ baseUrl, operator = DEFAULT_OPERATOR, timeoutMs = 10_000 }: ApiClientOptions) {
    this.baseUrl = baseUrl.replace(/\/+$/, '');
    this.operator = operator;
    this.timeoutMs = timeoutMs;
  }

  async hosts(): Promise<ApiHost[]> {
    const url = this.url('/hosts');
    const answer = await this.send('GET', url);
    return plainHosts(answer) ?? checked(url, answer, (await answerSchemas()).HostList).hosts;
  }

  host(serial: string): Promise<ApiHost> {
    return this.call('GET', hostPath(serial), (answers) => answers.ApiHost);
  }

  setState(serial: string, state: State): Promise<ApiHost> {
    return this.call('POST', `${hostPath(serial)}/state`, (answers) => answers.ApiHost, { state });
  }

  /** What is left out stays, null clears. */
  patch(serial: string, patch: HostPatch): Promise<ApiHost> {
    return this.call('PATCH', hostPath(serial), (answers) => answers.ApiHost, patch);
  }

  /** Before the machine ever boots. */
  add(host: NewHost): Promise<ApiHost> {
    return this.call('POST', '/hosts', (answers) => answers.ApiHost, host);
  }

  /** It leaves the fleet; its history stays. A machine of its serial that boots later is a new one. */
  async retire(serial: string): Promise<void> {
    await this.send('DELETE', this.url(hostPath(serial)));
  }

  /** What the machine would get now; nothing is recorded by it. */
  rendered(
    serial: string,
    what: RenderedKind,
    { platform }: Pick<RenderedQuery, 'platform'>,
  ): Promise<Rendered> {
    return this.call(
      'GET',
      `${hostPath(serial)}/rendered/${what}?platform=${platform}`,
      (answers) => answers.Rendered,
    );
  }

  /** What the machine of that serial or MAC address would get if it booted now, and why; nothing is recorded by it. */
  explain(name: string, { firmware }: Pick<ExplainQuery, 'firmware'>): Promise<Explanation> {
    const path = `/explain/${encodeURIComponent(name)}?firmware=${firmware}`;
    return this.call('GET', path, (answers) => answers.Explanation);
  }

  /** The latest that happened, oldest first. */
  async events(serial?: string): Promise<Event[]> {
    const { events } = await this.call(
      'GET',
      `/events${eventQuery({ serial })}`,
      (answers) => answers.EventList,
    );
    return events;
  }

  /**
   * What happens from now on, or since the event of that id, as it happens. Never ends but with an error: ServerUnreachable
   * when the daemon stops; follow on from the last id then.
   */
  async *follow(query: EventQuery): AsyncGenerator<Event> {
    const url = this.url(`/events${eventQuery(query)}`);
    const chunks = exchangeStream(url, {
      baseUrl: this.baseUrl,
      timeoutMs: SILENCE_MS,
      headers: { ...this.headers(), accept: 'text/event-stream' },
    });
    for await (const { data } of parseEventStream(streamText(url, chunks))) {
      yield checked(url, parseJson(url, 200, data), (await answerSchemas()).Event);
    }
  }

  /** As its BMC says at this moment. */
  power(serial: string): Promise<PowerState> {
    return this.call('GET', `${hostPath(serial)}/power`, (answers) => answers.PowerState, undefined, BMC_MS);
  }

  /** Resolves when its BMC has taken the command. */
  setPower(serial: string, action: PowerAction): Promise<PowerDone> {
    return this.call('POST', `${hostPath(serial)}/power`, (answers) => answers.PowerDone, { action }, BMC_MS);
  }

  setBootDevice(serial: string, command: BootDeviceCommand): Promise<BootDeviceDone> {
    return this.call('POST', `${hostPath(serial)}/boot-device`, (answers) => answers.BootDeviceDone, command);
  }

  /** What its BMC knows of the machine. */
  async inventory(serial: string): Promise<Inventory['inventory']> {
    const path = `${hostPath(serial)}/inventory`;
    const { inventory } = await this.call('GET', path, (answers) => answers.Inventory, undefined, BMC_MS);
    return inventory;
  }

  images(): Promise<ImageList> {
    return this.call('GET', '/images', (answers) => answers.ImageList);
  }

  /** Begins it; `imageFetch` tells how it goes on. */
  fetchImage(version: string, command: FetchCommand): Promise<ImageFetch> {
    return this.call('POST', `${imagePath(version)}/fetch`, (answers) => answers.ImageFetch, command);
  }

  imageFetch(version: string): Promise<ImageFetch> {
    return this.call('GET', `${imagePath(version)}/fetch`, (answers) => answers.ImageFetch);
  }

  async cancelImageFetch(version: string): Promise<void> {
    await this.send('DELETE', this.url(`${imagePath(version)}/fetch`));
  }

  /** Reads every byte of it. */
  verifyImage(version: string): Promise<ImageVerdict> {
    const path = `${imagePath(version)}/verification`;
    return this.call('POST', path, (answers) => answers.ImageVerdict, undefined, READ_ALL_MS);
  }

  async removeImage(version: string, force: boolean): Promise<void> {
    await this.send('DELETE', this.url(`${imagePath(version)}${force ? '?force=true' : ''}`));
  }

  /** Adds bytes to the end of an uploaded file; resolves with how many it then has. */
  async uploadPiece(version: string, name: string, offset: number, bytes: Uint8Array): Promise<number> {
    const path = `${uploadPath(version, name)}?offset=${offset}`;
    const { received } = await this.call('POST', path, (answers) => answers.PieceTaken, bytes, BMC_MS);
    return received;
  }

  completeUpload(
    version: string,
    name: string,
    end: { sha256: string; replace: boolean },
  ): Promise<ImageFile> {
    const path = `${uploadPath(version, name)}/completion`;
    return this.call('POST', path, (answers) => answers.ImageFile, end, READ_ALL_MS);
  }

  /** In the order in which new machines are given them. */
  async profiles(): Promise<ProfileList['profiles']> {
    const { profiles } = await this.call('GET', '/profiles', (answers) => answers.ProfileList);
    return profiles;
  }

  /** Newest first. */
  async history(serial: string): Promise<HistoryEntry[]> {
    const { history } = await this.call('GET', `${hostPath(serial)}/history`, (answers) => answers.History);
    return history;
  }

  async leases(): Promise<Lease[]> {
    const { leases } = await this.call('GET', '/leases', (answers) => answers.LeaseList);
    return leases;
  }

  /** The daemon takes up its configuration file anew, or refuses a faulty one. */
  async reload(): Promise<void> {
    await this.send('POST', this.url('/reload'));
  }

  version(): Promise<Version> {
    return this.call('GET', '/version', (answers) => answers.Version);
  }

  /** How the daemon itself is. */
  async readiness(): Promise<Readiness> {
    const url = `${this.baseUrl}/ready`;
    const { baseUrl, timeoutMs } = this;
    const [{ status, text }, { Readiness }] = await Promise.all([
      exchange(url, { baseUrl, timeoutMs, headers: this.headers() }),
      answerSchemas(),
    ]);
    return checked(url, parseJson(url, status, text), Readiness);
  }

  /** An answer of that shape. */
  private async call<T extends z.ZodType>(
    method: string,
    path: string,
    schemaOf: (answers: AnswerSchemas) => T,
    body?: unknown,
    timeoutMs?: number,
  ): Promise<z.output<T>> {
    const url = this.url(path);
    const [answer, schemas] = await Promise.all([this.send(method, url, body, timeoutMs), answerSchemas()]);
    return checked(url, answer, schemaOf(schemas));
  }

  /** What was answered, whatever it is; undefined for none. */
  private async send(
    method: string,
    url: string,
    body?: unknown,
    timeoutMs = this.timeoutMs,
  ): Promise<unknown> {
    const { status, ok, text } = await exchange(url, {
      baseUrl: this.baseUrl,
      timeoutMs,
      method,
      headers: {
        ...this.headers(),
        accept: 'application/json, application/problem+json',
        ...(body !== undefined && { 'content-type': isBytes(body) ? OCTETS : 'application/json' }),
      },
      ...(body !== undefined && { body: isBytes(body) ? body : JSON.stringify(body) }),
    });
    const answer = parseJson(url, status, text);
    if (!ok) throw refusal(url, status, answer, await answerSchemas());
    return answer;
  }

  private url(path: string): string {
    return `${this.baseUrl}/api/v1${path}`;
  }

  private headers(): Record<string, string> {
    return { [OPERATOR_HEADER]: headerText(this.operator) || DEFAULT_OPERATOR };
  }
}

/** A BMC may be slow, and others may be before it in the queue. */
const BMC_MS = 180_000;

/** To read an image from a slow disk. */
const READ_ALL_MS = 3_600_000;

const OCTETS = 'application/octet-stream';

/** The daemon says something at least every 15 s. */
const SILENCE_MS = 45_000;

type AnswerSchemas = Awaited<ReturnType<typeof answerSchemas>>;

/** Loaded while the first answer is on its way: for a program that makes one call it is a good part of its time. */
async function answerSchemas() {
  const [schemas, events, explanation, images, power, readiness, rendered] = await Promise.all([
    import('./schemas.js'),
    import('./events.js'),
    import('./explanation.js'),
    import('./images.js'),
    import('./power.js'),
    import('./readiness.js'),
    import('./rendered.js'),
  ]);
  return { ...schemas, ...events, ...explanation, ...images, ...power, ...readiness, ...rendered };
}

/** The chunks of an answer, once it is certain that it is none of refusal. */
async function* streamText(
  url: string,
  chunks: AsyncIterable<{ readonly status: number; readonly text: string }>,
): AsyncGenerator<string> {
  for await (const { status, text } of chunks) {
    if (status !== 200) throw refusal(url, status, parseJson(url, status, text), await answerSchemas());
    yield text;
  }
}

function refusal(
  url: string,
  status: number,
  answer: unknown,
  { Problem }: AnswerSchemas,
): ApiProblem | UnexpectedAnswer {
  const problem = Problem.safeParse(answer);
  return problem.success ? new ApiProblem(problem.data) : new UnexpectedAnswer(url, `status ${status}`);
}

function eventQuery(query: EventQuery): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given).toString()}` : '';
}

function hostPath(serial: string): string {
  return `/hosts/${encodeURIComponent(serial)}`;
}

function imagePath(version: string): string {
  return `/images/${encodeURIComponent(version)}`;
}

function uploadPath(version: string, name: string): string {
  return `${imagePath(version)}/uploads/${encodeURIComponent(name)}`;
}

function isBytes(body: unknown): body is Uint8Array<ArrayBuffer> {
  return body instanceof Uint8Array;
}

function parseJson(url: string, status: number, text: string): unknown {
  if (status === 204) return undefined; // RFC 9110 §15.3.5: no content
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UnexpectedAnswer(url, `status ${status}, not JSON`);
    throw error;
  }
}

/** @throws UnexpectedAnswer */
function checked<T extends z.ZodType>(url: string, answer: unknown, schema: T): z.output<T> {
  const result = schema.safeParse(answer);
  if (!result.success) throw new UnexpectedAnswer(url, firstIssue(result.error));
  return result.data;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.map(String).join('.')}: ${issue.message}` : 'unknown form';
}
