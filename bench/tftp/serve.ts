import { rootSource } from '../../src/tftp/root-source.js';
import type { TransportChoice } from '../../src/tftp/open-transport.js';
import { startTftpServer } from '../../src/tftp/server.js';

/** The server alone, as the daemon wires it: `serve.js FOLDER PORT [TRANSPORT]`. */
const [, , folder = '.', port = '6969', transport = 'auto'] = process.argv;
await startTftpServer({
  address: '127.0.0.1',
  port: Number(port),
  source: rootSource(folder),
  transport: transport as TransportChoice,
});
