import type { Machine } from '../../access/caller.js';
import { cleanText } from '../../errors.js';
import { clientOf } from '../../provision/new-host-gate.js';
import type { Handlers } from '../call.js';
import { clientLog } from '../client-log.js';
import { BadRequest } from '../http-errors.js';
import { LEFT_OUT, parseBootReport } from '../machine-report.js';
import { progressPhases } from '../../provision/progress-board.js';
import { withoutCapability } from '../machine-capability.js';
import { readBody } from '../read-body.js';
import type { HttpServices } from '../services.js';

const LARGEST_MESSAGE = 4096;

type Ports = Pick<HttpServices, 'provisioner' | 'progress' | 'metrics' | 'logger' | 'reach' | 'clock'>;

/** What machines tell of themselves. */
export function machineReportHandlers(ports: Ports) {
  const { provisioner, progress, metrics, logger, clock } = ports;
  const log = clientLog(ports);
  return {
    /** How an installer tells what it is at. */
    async report({ ctx, params, caller }) {
      const { serial } = caller.named(params.serial);
      const phase = progressPhases.find((known) => known === params.phase);
      if (phase === undefined)
        throw new BadRequest(`there is no such phase: use one of ${progressPhases.join(', ')}`);
      await provisioner.hear(serial, caller);
      const message = toldOf(cleanText((await readBody(ctx, LARGEST_MESSAGE)).trim()), caller);
      progress.put(serial, { phase, message, time: clock() });
      metrics.reported(phase);
      logger[phase === 'failed' ? 'warn' : 'info']({ serial, phase, message }, 'installer reports');
    },
    async reportInstalled({ params, caller }) {
      await provisioner.reportInstalled(caller.named(params.serial).serial, caller);
      return '';
    },
    async reportBooted({ ctx, params, caller }) {
      const { serial } = caller.named(params.serial);
      const { report, faults } = parseBootReport(await readBody(ctx));
      if (faults.length > 0) log('warn', clientOf(caller), LEFT_OUT, { serial, faults }, LEFT_OUT);
      await provisioner.reportBooted(serial, report, caller);
      return '';
    },
  } satisfies Partial<Handlers>;
}

/** An installer's error names the URL that failed: what proves which machine it is stands in it, and is for nobody to read. */
function toldOf(message: string, { capability }: Pick<Machine, 'capability'>): string {
  const told = withoutCapability(message);
  return capability === undefined ? told : told.replaceAll(capability, '…');
}
