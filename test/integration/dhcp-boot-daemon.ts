/** What a booting firmware needs and no more: TFTP and HTTP beside DHCP, in one process. Used by dhcp-daemon. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { rootSource } from '../../src/tftp/root-source.js';
import { startTftpServer } from '../../src/tftp/server.js';

const SCRIPT = '#!ipxe\necho imago reached\nsleep 60\n';

/** @param print is told of each HTTP request. */
export async function serveLoaders(
  address: string,
  root: string,
  print: (event: string, facts: object) => void,
): Promise<void> {
  await startTftpServer({ address, port: 69, source: rootSource(root) });
  const answer = async ({ method, url = '' }: IncomingMessage, response: ServerResponse): Promise<void> => {
    print('http', { method, url, at: Date.now() });
    const body = url.startsWith('/boot/') ? await readFile(join(root, url.slice('/boot/'.length))) : SCRIPT;
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
