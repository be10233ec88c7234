import { pxelinuxConfig } from '../boot/pxelinux-config.js';
import type { Logger } from 'pino';
import type { Config } from '../config/schema.js';
import type { FleetView } from '../host/host-store.js';
import type { LeaseBook } from '../access/lease-book.js';
import type { SeenPlatforms } from '../provision/seen-platforms.js';
import { tryParseMac } from '../net/mac-address.js';
import type { Templates } from '../template/catalog.js';
import { templateContext } from '../template/context.js';
import { TemplateFault } from '../template/template-fault.js';
import type { GenerateFile } from '../tftp/source.js';

export interface MachineFileParts {
  readonly config: () => Config;
  readonly fleet: FleetView;
  readonly leases: Pick<LeaseBook, 'macOfAddress'>;
  readonly platforms: Pick<SeenPlatforms, 'of' | 'ofCard'>;
  readonly templates: Templates;
  readonly logger: Logger;
}

/** The files that are made for the machine that asks by TFTP: `autoexec.ipxe`, and `pxelinux.cfg/01-<mac>` of a BIOS. */
export function machineFiles({
  config,
  fleet,
  leases,
  platforms,
  templates,
  logger,
}: MachineFileParts): GenerateFile {
  return async (filename, client) => {
    const segments = filename.split('/').filter(Boolean);
    const [folder, name = ''] = [segments.slice(0, -1).join('/'), segments.at(-1)];
    if (name === 'autoexec.ipxe') {
      const mac = leases.macOfAddress(client);
      const host = mac && fleet.hostByMac(mac);
      try {
        return Buffer.from(templates.render(name, templateContext({ config: config(), host })));
      } catch (error) {
        if (!(error instanceof TemplateFault)) throw error;
        logger.error({ error: error.message }, 'a plain autoexec.ipxe is sent instead');
        return undefined;
      }
    }
    const mac = folder === 'pxelinux.cfg' && name.startsWith('01-') ? tryParseMac(name.slice(3)) : undefined;
    if (!mac) return undefined;
    const host = fleet.hostByMac(mac);
    const text = pxelinuxConfig(host, (host && platforms.of(host)) ?? platforms.ofCard(mac));
    return text === undefined ? undefined : Buffer.from(text);
  };
}
