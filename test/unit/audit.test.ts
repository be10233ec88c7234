import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const tool = fileURLToPath(new URL('../../../tools/audit.mjs', import.meta.url));

function audit(registry: string): Promise<{ readonly status: number; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [tool],
      { env: { ...process.env, npm_config_registry: registry } },
      (error, said) => resolve({ status: error === null ? 0 : Number(error.code), said }),
    );
  });
}

/** A registry that knows these advisories, and of no package anything else. */
async function against(advisories: object): Promise<{ readonly status: number; readonly said: string }> {
  const registry = createServer((request, response) => {
    request.resume();
    const isAsked = request.method === 'POST' && request.url === '/-/npm/v1/security/advisories/bulk';
    response.writeHead(isAsked ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(isAsked ? advisories : {}));
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  try {
    return await audit(`http://127.0.0.1:${(registry.address() as AddressInfo).port}/`);
  } finally {
    registry.closeAllConnections();
    registry.close();
  }
}

describe('the audit of packages', function () {
  this.timeout(60_000);

  it('is sound where the registry knows of no hole', async () => {
    const { status, said } = await against({});
    expect(said).to.match(/^no known hole in \d{3,} packages\n$/);
    expect(status).to.equal(0);
  });

  it('fails where it knows one, and says which and where it is told', async () => {
    const hole = {
      id: 1,
      url: 'https://advisories.example/1',
      title: 'Anybody may do anything',
      severity: 'high',
      vulnerable_versions: '*',
    };
    const { status, said } = await against({ koa: [hole] });
    expect(said).to.include('Anybody may do anything https://advisories.example/1');
    expect(said).to.match(/^koa .*high/m);
    expect(status).to.equal(1);
  });

  it('says that nothing was audited where the registry does not answer, and is no success then', async () => {
    const { status, said } = await audit('http://127.0.0.1:9/');
    expect(said).to.match(/^NOT AUDITED: /);
    expect(status).to.equal(77);
  });
});
