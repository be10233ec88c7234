import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { DhcpObserver } from '../dhcp/observer.js';
import type { TftpObserver } from '../tftp/observer.js';

/** What is asked of the leases when metrics are read. */
interface LeaseState {
  /** How many are in force now. */
  live(): number;
  areWritten(): boolean;
}

/** DHCP's events as metrics. */
export function dhcpObserver(registry: Registry, leases: LeaseState): DhcpObserver {
  const registers = [registry];
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `imago_dhcp_${name}_total`, help, labelNames, registers });
  const received = counter('received', 'Messages received, by type.', ['type']);
  const replied = counter('replied', 'Answers sent, by type.', ['type']);
  const ignored = counter('ignored', 'Messages not answered, by reason.', ['reason']);
  const leftOut = counter('options_left_out', 'Options passed over for their length, by number.', ['option']);
  const unserved = counter('nothing_to_boot', 'Boot clients that there is no loader for.', []);
  const exhausted = counter('pool_exhausted', 'Clients that found no address left, by network.', ['network']);
  const failures = counter('failures', 'What the system refused: journal, send.', ['what']);
  const changes = counter('lease_changes', 'Leases granted, given back or set aside, by state.', ['state']);
  const flush = new Histogram({
    name: 'imago_dhcp_flush_seconds',
    help: 'Time of one shared flush of the lease journal.',
    buckets: [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5],
    registers,
  });
  const current: Gauge = new Gauge({
    name: 'imago_dhcp_leases',
    help: 'Leases in force.',
    registers,
    collect: () => current.set(leases.live()),
  });
  const stalled: Gauge = new Gauge({
    name: 'imago_dhcp_journal_stalled',
    help: '1 while leases cannot be written.',
    registers,
    collect: () => stalled.set(leases.areWritten() ? 0 : 1),
  });
  return {
    received: (type) => received.inc({ type }),
    replied: (type) => replied.inc({ type }),
    ignored: (reason) => ignored.inc({ reason }),
    optionLeftOut: (option) => leftOut.inc({ option }),
    nothingToBoot: () => unserved.inc(),
    leaseChanged: ({ state }) => changes.inc({ state }),
    poolExhausted: (network) => exhausted.inc({ network }),
    flushed: (_count, seconds) => flush.observe(seconds),
    journalFailed: () => failures.inc({ what: 'journal' }),
    sendFailed: () => failures.inc({ what: 'send' }),
  };
}

/** TFTP's events as metrics. */
export function tftpObserver(registry: Registry): TftpObserver {
  const registers = [registry];
  const transfers = new Counter({
    name: 'imago_tftp_transfers_total',
    help: 'Transfers ended, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  const bytes = new Counter({
    name: 'imago_tftp_sent_bytes_total',
    help: 'Bytes that clients confirmed.',
    registers,
  });
  const refused = new Counter({
    name: 'imago_tftp_refused_total',
    help: 'Requests refused, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const malformed = new Counter({
    name: 'imago_tftp_malformed_total',
    help: 'Packets that are no TFTP.',
    registers,
  });
  return {
    onTransfer(report) {
      transfers.inc({ outcome: report.outcome });
      bytes.inc(report.bytes);
    },
    onRefused: (_client, reason) => refused.inc({ reason }),
    onMalformed: () => malformed.inc(),
  };
}
