import type { NewToken } from './access.js';
import type { BootCommand } from './boots.js';
import { checked, loadedSchemas, parseJson } from './answer.js';
import type { Event, EventQuery } from './events.js';
import { parseEventStream } from './event-stream.js';
import type { FirmwareWord } from './firmware-names.js';
import type { HostQuery } from './host-query.js';
import type { FetchCommand } from './images.js';
import type { NetbootImage, NetbootImageCommand, NetbootMachine } from './netboot.js';
import type { LogQuery } from './past.js';
import type { Acceptance } from './pending.js';
import { plainHosts } from './plain-hosts.js';
import type { BootDeviceCommand, Inventory, PowerAction } from './power.js';
import type { RenderedKind } from './rendered.js';
import type { ApiHost, HostPatch, NewHost, State } from './schemas.js';
import type { SimulationQuestion } from './simulation.js';
import { ApiTransport, type ApiClientOptions, type CallOptions } from './transport.js';

/** Which hosts, in which order, and how many; as texts of the query. */
export type HostSelection = Partial<Record<keyof HostQuery, string | number>>;

/** Of which record, as in groups/web. */
export interface RecordPath {
  readonly kind: string;
  readonly name: string;
}

/** What a machine is thought to be, and to say of itself beside what is known of it. */
interface MachineQuestion {
  readonly firmware: FirmwareWord;
  readonly uuid?: string | undefined;
  /** Each as `KEY=VALUE`. */
  readonly label?: readonly string[] | undefined;
}

/** Against lost updates: only if the host still has that version. */
export type Guard = Pick<CallOptions, 'ifVersion'>;

/**
 * imago’s `/api/v1` as programs call it. Every call rejects with ApiProblem when the server refuses, ServerUnreachable when nobody
 * answers in time, and UnexpectedAnswer when somebody else does.
 */
export class ApiClient {
  private readonly transport: ApiTransport;

  constructor(options: ApiClientOptions) {
    this.transport = new ApiTransport(options);
  }

  /** All of them, or those that fit, in order, in pages. */
  async hosts(query: HostSelection = {}): Promise<ApiHost[]> {
    const { url, answer } = await this.transport.ask('listHosts', { query });
    return plainHosts(answer) ?? checked(url, answer, (await loadedSchemas()).HostList).hosts;
  }

  host(serial: string) {
    return this.transport.call('getHost', { serial });
  }

  /** With its version: a change that names it is refused (PRECONDITION_FAILED) when somebody else was quicker. */
  async hostWithVersion(serial: string) {
    const { answer, version } = await this.transport.callVersioned('getHost', { serial });
    return { host: answer, version };
  }

  setState(serial: string, state: State, guard: Guard = {}) {
    return this.transport.call('setState', { serial, body: { state }, ...guard });
  }

  /** What is left out stays, null clears. */
  patch(serial: string, patch: HostPatch, guard: Guard = {}) {
    return this.transport.call('patchHost', { serial, body: patch, ...guard });
  }

  /** Until it is unlocked, every order of an operator is refused (HOST_LOCKED). */
  lock(serial: string, reason: string) {
    return this.transport.call('lockHost', { serial, body: { reason } });
  }

  unlock(serial: string) {
    return this.transport.call('unlockHost', { serial });
  }

  /** Before the machine ever boots. */
  add(host: NewHost) {
    return this.transport.call('addHost', { body: host });
  }

  /** Machines that nobody named, which wait to be accepted; or those that were rejected. */
  async pending({ rejected = false } = {}) {
    const query = rejected ? { rejected: 'true' as const } : {};
    return (await this.transport.call('listPending', { query })).machines;
  }

  /** @param machine Its serial or its code, as with those below. */
  accept(machine: string, acceptance: Acceptance) {
    return this.transport.call('acceptPending', { machine, body: acceptance });
  }

  reject(machine: string) {
    return this.transport.call('rejectPending', { machine });
  }

  /** It waits again when it asks again. */
  forgetRejected(machine: string) {
    return this.transport.call('forgetRejected', { machine });
  }

  /** It leaves the fleet; its history stays. A machine of its serial that boots later is a new one. */
  retire(serial: string, guard: Guard = {}) {
    return this.transport.call('retireHost', { serial, ...guard });
  }

  /** What the machine would get now; nothing is recorded by it. */
  rendered(serial: string, what: RenderedKind, { firmware }: { readonly firmware: FirmwareWord }) {
    return this.transport.call('getRendered', { serial, what, query: { firmware } });
  }

  /** What the machine of that serial or MAC address would get if it booted now, and why; nothing is recorded by it. */
  explain(name: string, query: MachineQuestion) {
    return this.transport.call('explain', { name, query: { ...query } });
  }

  /** How the boot of such a machine would go, step by step; nothing is recorded by it. */
  simulateBoot(question: SimulationQuestion) {
    return this.transport.call('simulateBoot', { body: question });
  }

  /** The latest that happened, or all since the event of that id; oldest first. */
  async events(serial?: string, since?: string) {
    return (await this.transport.call('listEvents', { query: { serial, since } })).events;
  }

  /**
   * What happens from now on, or since the event of that id, as it happens. Never ends but with an error: ServerUnreachable
   * when the daemon stops; follow on from the last id then.
   */
  async *follow(query: EventQuery): AsyncGenerator<Event> {
    const url = this.transport.urlOf('listEvents', { query });
    for await (const { data } of parseEventStream(this.transport.stream('listEvents', query))) {
      yield checked(url, parseJson(url, 200, data), (await loadedSchemas()).Event);
    }
  }

  /** As its BMC says at this moment. */
  power(serial: string) {
    return this.transport.call('getPower', { serial, timeoutMs: BMC_MS });
  }

  /** Resolves when its BMC has taken the command. */
  setPower(serial: string, action: PowerAction) {
    return this.transport.call('setPower', { serial, body: { action }, timeoutMs: BMC_MS });
  }

  setBootDevice(serial: string, command: BootDeviceCommand) {
    return this.transport.call('setBootDevice', { serial, body: command });
  }

  /** What its BMC knows of the machine. */
  async inventory(serial: string): Promise<Inventory['inventory']> {
    return (await this.transport.call('getInventory', { serial, timeoutMs: BMC_MS })).inventory;
  }

  images() {
    return this.transport.call('listImages', {});
  }

  /** Begins it; `imageFetch` tells how it goes on. */
  fetchImage(version: string, command: FetchCommand) {
    return this.transport.call('fetchImage', { version, body: command });
  }

  imageFetch(version: string) {
    return this.transport.call('getImageFetch', { version });
  }

  cancelImageFetch(version: string) {
    return this.transport.call('cancelImageFetch', { version });
  }

  /** Reads every byte of it. */
  verifyImage(version: string) {
    return this.transport.call('verifyImage', { version, timeoutMs: READ_ALL_MS });
  }

  removeImage(version: string, force: boolean) {
    return this.transport.call('removeImage', { version, query: force ? { force: 'true' } : {} });
  }

  async netbootImages(): Promise<readonly NetbootImage[]> {
    return (await this.transport.call('listNetbootImages', {})).images;
  }

  /** In place of the image of that name. */
  putNetbootImage(name: string, image: NetbootImageCommand) {
    return this.transport.call('putNetbootImage', { name, body: image });
  }

  /** @param force Also when machines are tied to it: they are untied. */
  removeNetbootImage(name: string, force: boolean) {
    return this.transport.call('removeNetbootImage', { name, query: force ? { force: 'true' } : {} });
  }

  async netbootMachines(): Promise<readonly NetbootMachine[]> {
    return (await this.transport.call('listNetbootMachines', {})).machines;
  }

  /** @param machine A serial or a MAC address. @param image Null for one that boots nothing from us. */
  async tieNetbootMachine(machine: string, image: string | null): Promise<readonly NetbootMachine[]> {
    return (await this.transport.call('tieNetbootMachine', { machine, body: { image } })).machines;
  }

  untieNetbootMachine(machine: string) {
    return this.transport.call('untieNetbootMachine', { machine });
  }

  /** Adds bytes to the end of an uploaded file; resolves with how many it then has. */
  async uploadPiece(version: string, name: string, offset: number, bytes: Uint8Array): Promise<number> {
    const piece = { version, name, query: { offset }, body: bytes, timeoutMs: BMC_MS };
    return (await this.transport.call('uploadImagePiece', piece)).received;
  }

  completeUpload(version: string, name: string, end: { sha256: string; replace: boolean }) {
    return this.transport.call('completeImageUpload', { version, name, body: end, timeoutMs: READ_ALL_MS });
  }

  /** By name and fingerprint. */
  async secrets() {
    return (await this.transport.call('listSecrets', {})).secrets;
  }

  async boots() {
    return (await this.transport.call('listBoots', {})).boots;
  }

  /** Has machines boot a kernel without a profile, once its files are there. */
  orderBoot(command: BootCommand) {
    return this.transport.call('orderBoot', { body: command });
  }

  cancelBoot(id: string) {
    return this.transport.call('cancelBoot', { id });
  }

  /** For `importFile`: the files of an ordered boot, by its id. */
  readonly bootFiles = {
    uploadPiece: async (id: string, name: string, offset: number, bytes: Uint8Array): Promise<number> => {
      const piece = { id, name, query: { offset }, body: bytes, timeoutMs: BMC_MS };
      return (await this.transport.call('uploadBootPiece', piece)).received;
    },
    completeUpload: (id: string, name: string, { sha256 }: { readonly sha256: string }) =>
      this.transport.call('completeBootFile', { id, name, body: { sha256 }, timeoutMs: READ_ALL_MS }),
  };

  /** In the order in which new machines are given them. */
  async profiles() {
    return (await this.transport.call('listProfiles', {})).profiles;
  }

  /** Newest first. */
  async history(serial: string, limit?: number) {
    return (await this.transport.call('getHistory', { serial, query: { limit } })).history;
  }

  /** Of all machines, newest first. */
  async log(query: Partial<LogQuery>) {
    return (await this.transport.call('getLog', { query, timeoutMs: READ_LOG_MS })).changes;
  }

  /** How long the machine was in each state, oldest first. */
  async timeline(serial: string, limit?: number) {
    return (await this.transport.call('getTimeline', { serial, query: { limit } })).timeline;
  }

  /** What differs between two commits of the machine's history, or between one and now. */
  diff(serial: string, from: string, to?: string) {
    return this.transport.call('getDiff', { serial, query: { from, to } });
  }

  /** The settings of an earlier revision again. */
  rollBack(serial: string, revision: string, { dryRun = false } = {}) {
    return this.transport.call('rollBack', { serial, body: { revision, dryRun } });
  }

  /** Of a kind, by name, in pages. */
  records(kind: string, query: { readonly after?: string; readonly limit?: number } = {}) {
    return this.transport.call('listRecords', { kind, query });
  }

  /** The bytes of its file. */
  async record({ kind, name }: RecordPath): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.transport.download('getRecord', { kind, name })) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Made, or replaced. */
  putRecord({ kind, name }: RecordPath, content: Uint8Array, guard: Guard = {}) {
    return this.transport.call('putRecord', { kind, name, body: content, ...guard });
  }

  removeRecord({ kind, name }: RecordPath, guard: Guard = {}) {
    return this.transport.call('removeRecord', { kind, name, ...guard });
  }

  /** Newest first. */
  async recordHistory({ kind, name }: RecordPath, limit?: number) {
    return (await this.transport.call('getRecordHistory', { kind, name, query: { limit } })).history;
  }

  recordDiff({ kind, name }: RecordPath, from: string, to?: string) {
    return this.transport.call('getRecordDiff', { kind, name, query: { from, to } });
  }

  rollBackRecord({ kind, name }: RecordPath, revision: string, { dryRun = false } = {}) {
    return this.transport.call('rollBackRecord', { kind, name, body: { revision, dryRun } });
  }

  /** By OpenID Connect, of somebody who agrees in a browser. */
  beginLogin() {
    return this.transport.call('beginLogin', {});
  }

  loginState(id: string) {
    return this.transport.call('getLogin', { id });
  }

  /** As whom imago knows who asks. */
  whoAmI() {
    return this.transport.call('whoAmI', {});
  }

  /** The only answer that has the token itself. */
  createToken(token: NewToken) {
    return this.transport.call('createToken', { body: token });
  }

  async tokens() {
    return (await this.transport.call('listTokens', {})).tokens;
  }

  revokeToken(id: string) {
    return this.transport.call('revokeToken', { id });
  }

  /** Newest first. */
  async refusals(limit?: number) {
    return (await this.transport.call('listRefusals', { query: { limit } })).refusals;
  }

  async leases() {
    return (await this.transport.call('listLeases', {})).leases;
  }

  /** The cluster's repository at one moment, as an archive. */
  backup(): AsyncGenerator<Buffer> {
    return this.transport.download('backUp', {});
  }

  /** The daemon takes up its configuration file anew, or refuses a faulty one. */
  reload() {
    return this.transport.call('reload', {});
  }

  version() {
    return this.transport.call('getVersion', {});
  }

  /** How the daemon itself is. */
  readiness() {
    return this.transport.readiness();
  }
}

/** A BMC may be slow, and others may be before it in the queue. */
const BMC_MS = 180_000;

/** To look through a long history. */
const READ_LOG_MS = 60_000;

/** To read an image from a slow disk. */
const READ_ALL_MS = 3_600_000;
