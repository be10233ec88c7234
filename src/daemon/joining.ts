import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import { ownKey } from '../files/own-key.js';
import type { FleetView } from '../host/host-store.js';
import { Joining } from '../joining/joining.js';
import { RejectedFile } from '../joining/rejected-file.js';
import type { ReachLimit } from '../limits.js';

/** Below `paths.state`. */
const JOINING_FOLDER = 'joining';

/** Who waits to be accepted, and who was rejected before this start. */
export async function openJoining(parts: {
  readonly config: () => Config;
  readonly store: Pick<FleetView, 'host'>;
  readonly reach: ReachLimit;
  readonly clock: () => Date;
  readonly logger: Logger;
}): Promise<Joining> {
  const { config, store, reach, clock, logger } = parts;
  const folder = join(config().paths.state, JOINING_FOLDER);
  const file = new RejectedFile(join(folder, 'rejected.json'));
  const { rejected, isDamaged } = await file.read();
  if (isDamaged) {
    const facts = { folder };
    logger.warn(
      facts,
      'what was rejected cannot be read: rejected.json is put aside as .damaged, and all of them may wait again',
    );
  }
  const joining = new Joining({
    key: await ownKey(join(folder, 'key')),
    settings: () => config().newHosts,
    fleet: store,
    rejected,
    keeper: file,
    reach,
    clock,
  });
  joining.subscribe(({ code, machine, by }) => {
    const facts = {
      serial: machine.serial,
      mac: machine.mac,
      code: machine.code,
      ...(by !== undefined && { by }),
    };
    logger.info(facts, code === 'waiting' ? 'a machine waits to be accepted' : 'a machine was rejected');
  });
  return joining;
}
