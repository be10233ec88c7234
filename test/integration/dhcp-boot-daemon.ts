/** What a booting firmware needs and no more: TFTP and HTTP beside DHCP, in one process. Used by dhcp-daemon. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { generatedSource, layeredSource } from '../../src/tftp/source.js';
import { rootSource } from '../../src/tftp/root-source.js';
import { startTftpServer } from '../../src/tftp/server.js';

/** What iPXE then fetches by TFTP: it runs line by line, so that it tells in the end how many of them have arrived. */
const LINES = 5000;
const COUNTING_SCRIPT = 'counting.ipxe';

/** The last thing that iPXE asks for by HTTP where all of the script has come to it by TFTP. */
export const WHOLE_SCRIPT_URL = `/whole-${LINES}`;

/** @param print is told of each HTTP request and of each TFTP transfer. */
export async function serveLoaders(
  address: string,
  root: string,
  print: (event: string, facts: object) => void,
): Promise<void> {
  const script = `#!ipxe\nchain tftp://${address}/${COUNTING_SCRIPT} ||\nsleep 60\n`;
  const counting = [
    '#!ipxe',
    ...Array.from({ length: LINES }, () => 'inc lines'),
    `imgfetch http://${address}:4080/whole-\${lines} ||`,
    'sleep 60\n',
  ].join('\n');
  await startTftpServer({
    address,
    port: 69,
    source: layeredSource([
      rootSource(root),
      generatedSource((name) =>
        Promise.resolve(name === COUNTING_SCRIPT ? Buffer.from(counting) : undefined),
      ),
    ]),
    observer: {
      onTransfer: ({ filename, outcome, bytes }) => print('tftp', { filename, outcome, bytes }),
      onRefused: () => undefined,
      onMalformed: () => undefined,
    },
  });
  const answer = async ({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    print('http', { method, url, at: Date.now() });
    const body = url.startsWith('/boot/') ? await readFile(join(root, url.slice('/boot/'.length))) : script;
    response.setHeader('content-length', Buffer.byteLength(body));
    response.end(method === 'HEAD' ? undefined : body);
  };
  createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      print('http failed', { error: String(error) });
      response.destroy();
    });
  }).listen(4080, address);
}
