import { pathInside } from '../../files/open-inside.js';
import { withoutMachineFolder } from '../../net/mac-address.js';
import type { Handlers } from '../call.js';
import { contentTypeOf } from '../file-part.js';
import { NotFound } from '../http-errors.js';
import { pathSegments } from '../request-target.js';
import { sendStatic } from '../send-file.js';
import type { HttpServices } from '../services.js';
import type { SmallFiles } from '../small-files.js';

/** What TFTP has, under the same names, for firmware that boots by HTTP: `paths.tftpRoot`, and what is made for the one who asks. */
export function loaderHandlers(
  { config, machineFile, missing }: Pick<HttpServices, 'config' | 'machineFile' | 'missing'>,
  memory: SmallFiles,
) {
  return {
    async loader({ ctx, path, caller }) {
      const segments = pathSegments(path)?.slice(1) ?? [];
      const { tftpRoot } = config().paths;
      if (pathInside(tftpRoot, segments) === undefined) throw new NotFound(path);
      const filename = segments.join('/');
      for (const name of [filename, withoutMachineFolder(filename)]) {
        if (name !== undefined && (await sendStatic(ctx, tftpRoot, name.split('/'), memory))) return;
      }
      const { address } = caller;
      const made = address && (await machineFile(filename, address));
      if (!made) {
        missing?.(filename, address);
        throw new NotFound(path);
      }
      ctx.type = contentTypeOf(filename);
      ctx.body = Buffer.from(made);
    },
  } satisfies Partial<Handlers>;
}
