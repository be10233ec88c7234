import { answerSchemas, checked, parseJson } from './answer.js';
import type { Event, EventQuery } from './events.js';
import { parseEventStream } from './event-stream.js';
import type {
  BootDeviceCommand,
  BootDeviceDone,
  Inventory,
  PowerAction,
  PowerDone,
  PowerState,
} from './power.js';
import type { Explanation } from './explanation.js';
import type { FirmwareWord } from './firmware-names.js';
import { plainHosts } from './plain-hosts.js';
import type { FetchCommand, ImageFetch, ImageFile, ImageList, ImageVerdict } from './images.js';
import type { ChangeLog, HostDiff, LogQuery, Rollback, Stay } from './past.js';
import type { Readiness } from './readiness.js';
import type { Rendered, RenderedKind } from './rendered.js';
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
import type { Simulation, SimulationQuestion } from './simulation.js';
import type { HostQuery } from './host-query.js';
import { ApiTransport, type ApiClientOptions, type CallOptions } from './transport.js';

/** Which hosts, in which order, and how many; as texts of the query. */
export type HostSelection = Partial<Record<keyof HostQuery, string | number>>;

/** Against lost updates: only if the host still has that version. */
export type Guard = Pick<CallOptions, 'ifVersion'>;

/**
 * imago’s `/api/v1`, typed. Every call rejects with ApiProblem when the server refuses, ServerUnreachable when nobody answers
 * in time, and UnexpectedAnswer when somebody else does.
 */
export class ApiClient {
  private readonly transport: ApiTransport;

  constructor(options: ApiClientOptions) {
    this.transport = new ApiTransport(options);
  }

  /** All of them, or those that fit, in order, in pages. */
  async hosts(query: HostSelection = {}): Promise<ApiHost[]> {
    const path = `/hosts${queryText(query)}`;
    const answer = await this.transport.send('GET', path);
    const url = this.transport.url(path);
    return plainHosts(answer) ?? checked(url, answer, (await answerSchemas()).HostList).hosts;
  }

  host(serial: string): Promise<ApiHost> {
    return this.transport.call('GET', hostPath(serial), (answers) => answers.ApiHost);
  }

  /** With its version: a change that names it is refused (PRECONDITION_FAILED) when somebody else was quicker. */
  async hostWithVersion(serial: string): Promise<{ host: ApiHost; version: string | undefined }> {
    const path = hostPath(serial);
    const { answer, version } = await this.transport.callVersioned('GET', path, (answers) => answers.ApiHost);
    return { host: answer, version };
  }

  setState(serial: string, state: State, guard: Guard = {}): Promise<ApiHost> {
    const path = `${hostPath(serial)}/state`;
    return this.transport.call('POST', path, (answers) => answers.ApiHost, { state }, guard);
  }

  /** What is left out stays, null clears. */
  patch(serial: string, patch: HostPatch, guard: Guard = {}): Promise<ApiHost> {
    return this.transport.call('PATCH', hostPath(serial), (answers) => answers.ApiHost, patch, guard);
  }

  /** Until it is unlocked, every order of an operator is refused (HOST_LOCKED). */
  lock(serial: string, reason: string): Promise<ApiHost> {
    return this.transport.call('PUT', `${hostPath(serial)}/lock`, (answers) => answers.ApiHost, { reason });
  }

  unlock(serial: string): Promise<ApiHost> {
    return this.transport.call('DELETE', `${hostPath(serial)}/lock`, (answers) => answers.ApiHost);
  }

  /** Before the machine ever boots. */
  add(host: NewHost): Promise<ApiHost> {
    return this.transport.call('POST', '/hosts', (answers) => answers.ApiHost, host);
  }

  /** It leaves the fleet; its history stays. A machine of its serial that boots later is a new one. */
  async retire(serial: string, guard: Guard = {}): Promise<void> {
    await this.transport.send('DELETE', hostPath(serial), undefined, guard);
  }

  /** What the machine would get now; nothing is recorded by it. */
  rendered(
    serial: string,
    what: RenderedKind,
    { firmware }: { readonly firmware: FirmwareWord },
  ): Promise<Rendered> {
    return this.transport.call(
      'GET',
      `${hostPath(serial)}/rendered/${what}?firmware=${firmware}`,
      (answers) => answers.Rendered,
    );
  }

  /** What the machine of that serial or MAC address would get if it booted now, and why; nothing is recorded by it. */
  explain(name: string, { firmware }: { readonly firmware: FirmwareWord }): Promise<Explanation> {
    const path = `/explain/${encodeURIComponent(name)}?firmware=${firmware}`;
    return this.transport.call('GET', path, (answers) => answers.Explanation);
  }

  /** How the boot of such a machine would go, step by step; nothing is recorded by it. */
  simulateBoot(question: SimulationQuestion): Promise<Simulation> {
    return this.transport.call('POST', '/simulations', (answers) => answers.Simulation, question);
  }

  /** The latest that happened, or all since the event of that id; oldest first. */
  async events(serial?: string, since?: string): Promise<Event[]> {
    const { events } = await this.transport.call(
      'GET',
      `/events${queryText({ serial, since })}`,
      (answers) => answers.EventList,
    );
    return events;
  }

  /**
   * What happens from now on, or since the event of that id, as it happens. Never ends but with an error: ServerUnreachable
   * when the daemon stops; follow on from the last id then.
   */
  async *follow(query: EventQuery): AsyncGenerator<Event> {
    const path = `/events${queryText(query)}`;
    const url = this.transport.url(path);
    for await (const { data } of parseEventStream(this.transport.stream(path))) {
      yield checked(url, parseJson(url, 200, data), (await answerSchemas()).Event);
    }
  }

  /** As its BMC says at this moment. */
  power(serial: string): Promise<PowerState> {
    return this.transport.call(
      'GET',
      `${hostPath(serial)}/power`,
      (answers) => answers.PowerState,
      undefined,
      { timeoutMs: BMC_MS },
    );
  }

  /** Resolves when its BMC has taken the command. */
  setPower(serial: string, action: PowerAction): Promise<PowerDone> {
    return this.transport.call(
      'POST',
      `${hostPath(serial)}/power`,
      (answers) => answers.PowerDone,
      { action },
      { timeoutMs: BMC_MS },
    );
  }

  setBootDevice(serial: string, command: BootDeviceCommand): Promise<BootDeviceDone> {
    return this.transport.call(
      'POST',
      `${hostPath(serial)}/boot-device`,
      (answers) => answers.BootDeviceDone,
      command,
    );
  }

  /** What its BMC knows of the machine. */
  async inventory(serial: string): Promise<Inventory['inventory']> {
    const path = `${hostPath(serial)}/inventory`;
    const { inventory } = await this.transport.call('GET', path, (answers) => answers.Inventory, undefined, {
      timeoutMs: BMC_MS,
    });
    return inventory;
  }

  images(): Promise<ImageList> {
    return this.transport.call('GET', '/images', (answers) => answers.ImageList);
  }

  /** Begins it; `imageFetch` tells how it goes on. */
  fetchImage(version: string, command: FetchCommand): Promise<ImageFetch> {
    return this.transport.call(
      'POST',
      `${imagePath(version)}/fetch`,
      (answers) => answers.ImageFetch,
      command,
    );
  }

  imageFetch(version: string): Promise<ImageFetch> {
    return this.transport.call('GET', `${imagePath(version)}/fetch`, (answers) => answers.ImageFetch);
  }

  async cancelImageFetch(version: string): Promise<void> {
    await this.transport.send('DELETE', `${imagePath(version)}/fetch`);
  }

  /** Reads every byte of it. */
  verifyImage(version: string): Promise<ImageVerdict> {
    const path = `${imagePath(version)}/verification`;
    return this.transport.call('POST', path, (answers) => answers.ImageVerdict, undefined, {
      timeoutMs: READ_ALL_MS,
    });
  }

  async removeImage(version: string, force: boolean): Promise<void> {
    await this.transport.send('DELETE', `${imagePath(version)}${force ? '?force=true' : ''}`);
  }

  /** Adds bytes to the end of an uploaded file; resolves with how many it then has. */
  async uploadPiece(version: string, name: string, offset: number, bytes: Uint8Array): Promise<number> {
    const path = `${uploadPath(version, name)}?offset=${offset}`;
    const { received } = await this.transport.call('POST', path, (answers) => answers.PieceTaken, bytes, {
      timeoutMs: BMC_MS,
    });
    return received;
  }

  completeUpload(
    version: string,
    name: string,
    end: { sha256: string; replace: boolean },
  ): Promise<ImageFile> {
    const path = `${uploadPath(version, name)}/completion`;
    return this.transport.call('POST', path, (answers) => answers.ImageFile, end, { timeoutMs: READ_ALL_MS });
  }

  /** In the order in which new machines are given them. */
  async profiles(): Promise<ProfileList['profiles']> {
    const { profiles } = await this.transport.call('GET', '/profiles', (answers) => answers.ProfileList);
    return profiles;
  }

  /** Newest first. */
  async history(serial: string, limit?: number): Promise<HistoryEntry[]> {
    const { history } = await this.transport.call(
      'GET',
      `${hostPath(serial)}/history${queryText({ limit })}`,
      (answers) => answers.History,
    );
    return history;
  }

  /** Of all machines, newest first. */
  async log(query: Partial<LogQuery>): Promise<ChangeLog['changes']> {
    const { changes } = await this.transport.call(
      'GET',
      `/log${queryText(query)}`,
      (answers) => answers.ChangeLog,
      undefined,
      { timeoutMs: READ_LOG_MS },
    );
    return changes;
  }

  /** How long the machine was in each state, oldest first. */
  async timeline(serial: string, limit?: number): Promise<Stay[]> {
    const path = `${hostPath(serial)}/timeline${queryText({ limit })}`;
    const { timeline } = await this.transport.call('GET', path, (answers) => answers.Timeline);
    return timeline;
  }

  /** What differs between two commits of the machine's history, or between one and now. */
  diff(serial: string, from: string, to?: string): Promise<HostDiff> {
    const path = `${hostPath(serial)}/diff${queryText({ from, to })}`;
    return this.transport.call('GET', path, (answers) => answers.HostDiff);
  }

  /** The settings of an earlier revision again. */
  rollBack(serial: string, revision: string, { dryRun = false } = {}): Promise<Rollback> {
    const path = `${hostPath(serial)}/rollback`;
    return this.transport.call('POST', path, (answers) => answers.Rollback, { revision, dryRun });
  }

  async leases(): Promise<Lease[]> {
    const { leases } = await this.transport.call('GET', '/leases', (answers) => answers.LeaseList);
    return leases;
  }

  /** The cluster's repository at one moment, as an archive. */
  backup(): AsyncGenerator<Buffer> {
    return this.transport.download('/backup');
  }

  /** The daemon takes up its configuration file anew, or refuses a faulty one. */
  async reload(): Promise<void> {
    await this.transport.send('POST', '/reload');
  }

  version(): Promise<Version> {
    return this.transport.call('GET', '/version', (answers) => answers.Version);
  }

  /** How the daemon itself is. */
  readiness(): Promise<Readiness> {
    return this.transport.readiness();
  }
}

/** A BMC may be slow, and others may be before it in the queue. */
const BMC_MS = 180_000;

/** To look through a long history. */
const READ_LOG_MS = 60_000;

/** To read an image from a slow disk. */
const READ_ALL_MS = 3_600_000;

function queryText(query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
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
