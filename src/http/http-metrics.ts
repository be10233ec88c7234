import { refusalReasons, type RefusalReason } from '../access/refusals.js';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { hostStates } from '../host/lifecycle.js';
import type { FleetView } from '../host/host-store.js';
import type { Alarm } from '../provision/alarms.js';
import type { ProofLack } from '../provision/machine-proof.js';
import type { Joining } from '../joining/joining.js';
import type { Provisioner } from '../provision/provisioner.js';
import { secretOutcomes, type SecretOutcome } from '../secrets/secret-news.js';
import { stuckReasons } from '../provision/stuck.js';
import { notSecuredReasons, type NotSecured } from './secure-server.js';
import type { StuckWatch } from '../provision/stuck-watch.js';

/** What `/metrics` shows. Other parts put theirs into the same registry. */
export class HttpMetrics {
  readonly #requests: Counter<'route' | 'method' | 'status'>;
  readonly #seconds: Histogram<'route'>;
  readonly #progress: Counter<'phase'>;
  readonly #secrets: Counter<'outcome'>;
  readonly #etcdClusters: Gauge;
  readonly #etcdRefusals: Counter<'reason'>;
  readonly #etcdDrops: Counter;
  readonly #turnedAway: Counter<'reason'>;
  readonly #refused: Counter<'reason'>;
  readonly #notSecured: Counter<'reason'>;
  readonly #unproven: Counter<'reason' | 'outcome'>;

  constructor(readonly registry: Registry = new Registry()) {
    const registers = [registry];
    this.#requests = new Counter({
      name: 'imago_http_requests_total',
      help: 'Requests answered, by route and status.',
      labelNames: ['route', 'method', 'status'],
      registers,
    });
    this.#seconds = new Histogram({
      name: 'imago_http_request_seconds',
      help: 'Time from a request to the end of its answer.',
      labelNames: ['route'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60],
      registers,
    });
    this.#progress = new Counter({
      name: 'imago_installation_reports_total',
      help: 'Reports of installers, by phase.',
      labelNames: ['phase'],
      registers,
    });
    this.#turnedAway = new Counter({
      name: 'imago_machines_turned_away_total',
      help: 'Requests of machines that were not given their place, by reason: range, address, minute, lease, card, proof, etcd-token.',
      labelNames: ['reason'],
      registers,
    });
    this.#refused = new Counter({
      name: 'imago_refused_total',
      help: 'Requests of whoever did not prove who he is, or may not do that, by reason; imagoctl refusals tells who.',
      labelNames: ['reason'],
      registers,
    });
    for (const reason of refusalReasons) this.#refused.inc({ reason }, 0);
    this.#notSecured = new Counter({
      name: 'imago_https_failed_total',
      help: `Connections for operators that came to no request, by reason: ${notSecuredReasons.join(', ')}.`,
      labelNames: ['reason'],
      registers,
    });
    this.#unproven = new Counter({
      name: 'imago_machines_unproven_total',
      help: 'Requests in the name of a host that nothing proves to be of it, by why not, and whether they were refused or passed.',
      labelNames: ['reason', 'outcome'],
      registers,
    });
    this.#secrets = new Counter({
      name: 'imago_secret_requests_total',
      help: `Requests of machines for what holds secrets, by outcome: ${secretOutcomes.join(', ')}.`,
      labelNames: ['outcome'],
      registers,
    });
    this.#etcdClusters = new Gauge({
      name: 'imago_etcd_clusters',
      help: 'Clusters that etcd discovery keeps.',
      registers,
    });
    this.#etcdRefusals = new Counter({
      name: 'imago_etcd_refusals_total',
      help: 'Calls that etcd discovery refused, by what there is too much of.',
      labelNames: ['reason'],
      registers,
    });
    this.#etcdDrops = new Counter({
      name: 'imago_etcd_dropped_clusters_total',
      help: 'Clusters that etcd discovery dropped because nobody needed them any more.',
      registers,
    });
  }

  /** @param reason Not of the asker's choosing: it makes a series. */
  turnedAway(reason: string): void {
    this.#turnedAway.inc({ reason });
  }

  refused(reason: RefusalReason): void {
    this.#refused.inc({ reason });
  }

  notSecured(reason: NotSecured): void {
    this.#notSecured.inc({ reason });
  }

  unproven(reason: ProofLack, outcome: 'refused' | 'passed'): void {
    this.#unproven.inc({ reason, outcome });
  }

  askedForSecrets(outcome: SecretOutcome): void {
    this.#secrets.inc({ outcome });
  }

  etcdKeeps(clusters: number): void {
    this.#etcdClusters.set(clusters);
  }

  etcdRefused(reason: string): void {
    this.#etcdRefusals.inc({ reason });
  }

  etcdDropped(clusters: number): void {
    this.#etcdDrops.inc(clusters);
  }

  answered(route: string, method: string, status: number, seconds: number): void {
    this.#requests.inc({ route, method, status });
    this.#seconds.observe({ route }, seconds);
  }

  reported(phase: string): void {
    this.#progress.inc({ phase });
  }

  /** Who waits to be accepted, and who was rejected, counted when somebody looks. */
  watchJoining(joining: Pick<Joining, 'pending' | 'rejected'>): void {
    const machines: Gauge<'state'> = new Gauge({
      name: 'imago_pending_machines',
      help: 'Machines that nobody named: those that wait to be accepted, and those that were rejected.',
      labelNames: ['state'],
      registers: [this.registry],
      collect: () => {
        machines.set({ state: 'waiting' }, joining.pending().length);
        machines.set({ state: 'rejected' }, joining.rejected().length);
      },
    });
  }

  /** Gauges that look at the fleet when they are asked, and those of the process itself. */
  watch(
    fleet: FleetView,
    provisioner: Provisioner,
    stuck: Pick<StuckWatch, 'list'>,
    otherAlarms: () => readonly Alarm[] = () => [],
  ): void {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const hosts: Gauge<'state'> = new Gauge({
      name: 'imago_hosts',
      help: 'Hosts, by state.',
      labelNames: ['state'],
      registers,
      collect: () => {
        const counts = new Map<string, number>(hostStates.map((state) => [state, 0]));
        for (const { state } of fleet.hosts()) counts.set(state, (counts.get(state) ?? 0) + 1);
        for (const [state, count] of counts) hosts.set({ state }, count);
      },
    });
    const stuckHosts: Gauge<'reason'> = new Gauge({
      name: 'imago_stuck_hosts',
      help: 'Hosts that do not get through their installation, by reason.',
      labelNames: ['reason'],
      registers,
      collect: () => {
        const reasons = stuck.list().map(({ reason }) => reason);
        for (const reason of stuckReasons) {
          stuckHosts.set({ reason }, reasons.filter((other) => other === reason).length);
        }
      },
    });
    const free: Gauge = new Gauge({
      name: 'imago_free_addresses',
      help: 'Addresses of network.hostRange that are left for new hosts.',
      registers,
      collect: () => free.set(provisioner.freeAddresses()),
    });
    const alarms: Gauge<'code'> = new Gauge({
      name: 'imago_alarms',
      help: 'What is wrong now and needs an operator, by code.',
      labelNames: ['code'],
      registers,
      collect: () => {
        alarms.reset();
        for (const { code } of [...provisioner.alarms(), ...otherAlarms()]) alarms.set({ code }, 1);
      },
    });
  }
}
