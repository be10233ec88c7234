import {
  autoexecFallback,
  generatedSource,
  layeredSource,
  perMachineFolders,
} from '../../../src/tftp/source.js';
import type { TransportChoice } from '../../../src/tftp/open-transport.js';
import { rootSource } from '../../../src/tftp/root-source.js';
import { startTftpServer } from '../../../src/tftp/server.js';

/** The server in a process of its own, for a namespace: ADDRESS PORT FOLDER TRANSPORT single|own. Says when it listens. */
const [, , address = '127.0.0.1', port = '69', folder = '.', transport = 'auto', ports = 'own'] =
  process.argv;
const server = await startTftpServer({
  address,
  port: Number(port),
  singlePort: ports === 'single',
  transport: transport as TransportChoice,
  source: layeredSource([
    perMachineFolders(
      layeredSource([
        generatedSource((filename) =>
          Promise.resolve(
            filename === 'pxelinux.cfg/01-52-54-00-00-00-01' ? Buffer.from('DEFAULT imago\n') : undefined,
          ),
        ),
        rootSource(folder),
      ]),
    ),
    autoexecFallback(),
  ]),
});
process.once('SIGTERM', () => void server.close());
process.stdout.write(`listening on ${server.port}\n`);
