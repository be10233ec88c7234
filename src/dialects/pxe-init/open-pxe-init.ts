import type { Config } from '../../config/schema.js';
import type { RecordStore } from '../../host/record-kind.js';
import type { OtherSystem } from '../../http/dialect.js';
import { filesOfListener } from '../../http/served-file.js';
import type { HttpServices } from '../../http/services.js';
import { formatIpv4 } from '../../net/ipv4.js';
import { machineUrls } from '../../template/context.js';
import { netbootHandlers } from './netboot-handlers.js';
import { pxeInitDialect } from './pxe-init-dialect.js';
import { pxeInitApi } from './rpc/pxe-init-api.js';
import { RecordBook } from './record-book.js';
import { bootPlan, nullPlan } from './render.js';

type Parts = Pick<HttpServices, 'config' | 'reach'> & { readonly store: HttpServices['store'] & RecordStore };

/** What takes the place of a pxe-init: images and machines as records of the store. */
export function openPxeInit({ config, store, reach }: Parts): OtherSystem {
  const book = new RecordBook(store, reach);
  const base = () => baseOf(config());
  return {
    source: {
      name: 'pxe-init',
      find({ mac }) {
        const image = mac && book.imageOf(mac);
        if (image === undefined) return undefined;
        const retry = machineUrls(config(), undefined, undefined).bootIpxe;
        return image === null
          ? { plan: nullPlan, by: 'the null image', rule: nullPlan.reason }
          : {
              plan: bootPlan(image, { base: base(), retry }),
              by: `image ${image.name}`,
              rule: `${mac} is tied to it`,
            };
      },
    },
    dialect: (services) => pxeInitDialect({ book, base, images: config().paths.images }, services),
    fileAt: filesOfListener({
      base: () => ownBase(config()),
      below: 'images',
      folder: () => config().paths.images,
      setting: 'paths.images',
      made: ['boot.ipxe', 'ipxe', 'health', 'ready'],
    }),
    netboot: netbootHandlers(book, store),
    api: pxeInitApi(book),
  };
}

/** Where paths lead to: another server, or this one's own port. */
function baseOf(config: Config): string {
  return (config.pxeInit.baseUrl ?? ownBase(config)).replace(/\/$/, '');
}

function ownBase({ network, listeners }: Config): string {
  return `http://${formatIpv4(network.serverAddress)}:${listeners.pxeInit.port}`;
}
