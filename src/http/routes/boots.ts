import type { CallerOf } from '../../access/caller.js';
import type { OrderedBoot } from '../../api/boots.js';
import { isReady, type StaticBoot } from '../../boots/static-boot.js';
import type { WantedFile } from '../../boots/static-boots.js';
import { UnknownBoot } from '../../boots/errors.js';
import { fileStream } from '../../files/file-stream.js';
import type { MirroredFile } from '../../images/mirrored-file.js';
import { clientOf } from '../../provision/new-host-gate.js';
import type { Handlers } from '../call.js';
import { validatorsOf } from '../file-part.js';
import { readBytes } from '../read-body.js';
import { sendMirrored } from '../send-mirrored.js';
import type { HttpServices } from '../services.js';
import { LARGEST_PIECE } from './api-images.js';

/** What operators have machines boot without a profile, and the files that those fetch for it. */
export function bootHandlers({
  boots,
  stock,
  config,
  logger,
}: Pick<HttpServices, 'boots' | 'stock' | 'config' | 'logger'>) {
  /** Anybody can ask for a script with a card's address in it: where imago leases, only who holds that card's lease uses up its turn. */
  const isMachines = ({ mac }: WantedFile, { leasedTo, isServer }: CallerOf<'machine'>): boolean =>
    config().dhcp.mode !== 'server' || isServer || leasedTo === mac;

  async function opened(wanted: WantedFile, client: string | undefined): Promise<MirroredFile> {
    const { boot, file } = wanted;
    if (file.url !== undefined) {
      const missing = () => new UnknownBoot(boot.id, file.name);
      return stock.mirror.openUrl(file.url, { freshSeconds: 0, missing, client });
    }
    const { handle, stats } = await boots.open(wanted);
    return {
      etag: undefined,
      lastModified: undefined,
      ...validatorsOf(stats),
      size: stats.size,
      read: ({ end = stats.size - 1, ...part }) => fileStream(handle, { ...part, end }),
      close: () => handle.close(),
    };
  }

  return {
    listBoots: () => ({ boots: boots.list().map(shown) }),
    async orderBoot(call) {
      return shown(await boots.order(await call.body(), call.caller.name));
    },
    cancelBoot: ({ params, caller }) => boots.cancel(params.id, caller.name),
    async uploadBootPiece(call) {
      const { offset } = call.query();
      const { id, name } = call.params;
      return { received: await boots.piece(id, name, offset, await readBytes(call.ctx, LARGEST_PIECE)) };
    },
    async completeBootFile(call) {
      const { id, name } = call.params;
      const { sha256 } = await call.body();
      const origin = await boots.complete(id, name, sha256);
      return { name, bytes: origin.size, sha256: origin.sha256, proof: origin.proof };
    },
    async bootFile({ ctx, params, caller }) {
      const wanted = boots.wanted(params.token);
      const file = await opened(wanted, caller.isServer ? undefined : clientOf(caller));
      const whenSent = () => {
        boots.fetched(wanted).catch((error: unknown) => {
          logger.warn({ err: error, boot: wanted.boot.id }, 'it cannot be recorded that a machine booted');
        });
      };
      await sendMirrored(ctx, params.name, file, isMachines(wanted, caller) ? whenSent : undefined);
    },
  } satisfies Partial<Handlers>;
}

function shown(boot: StaticBoot): OrderedBoot {
  const { id, by, ordered, until, macs, includeRunning, files, message, booted } = boot;
  return {
    id,
    by,
    ordered,
    until,
    times: boot.isOnce ? 'once' : 'always',
    isReady: isReady(boot),
    macs,
    includeRunning,
    files: files.map(({ name, label, url, bytes }) => ({
      name,
      from: url ?? label,
      isReady: bytes !== undefined,
    })),
    cmdline: boot.arguments.join(' '),
    message,
    booted: booted.length,
  };
}
