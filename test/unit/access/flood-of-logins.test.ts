import { expect } from 'chai';
import { Audit } from '../../../src/access/audit.js';
import { Authenticator } from '../../../src/access/authenticate.js';
import { NotAuthenticated } from '../../../src/access/errors.js';
import { FailedLogins } from '../../../src/access/failed-logins.js';
import type { AuditEntry } from '../../../src/access/refusals.js';
import { TokenProof } from '../../../src/access/token-proof.js';
import { Tokens } from '../../../src/access/tokens.js';
import { refusedBy } from '../../../src/http/noted-refusal.js';
import { HttpMetrics } from '../../../src/http/http-metrics.js';

const FLOOD = 200_000;

describe(`${FLOOD} logins with tokens that nobody made`, function () {
  this.timeout(60_000);
  const { stackTraceLimit } = Error;
  before(() => void (Error.stackTraceLimit = 0)); // most of the time would go into stacks that nobody reads
  after(() => void (Error.stackTraceLimit = stackTraceLimit));

  it('leave what imago remembers bounded: 51,000 from as many addresses, the others from one, each with a path and a name of its own', async () => {
    const written: AuditEntry[] = [];
    const metrics = new HttpMetrics();
    const log = { warn: () => undefined };
    const clock = () => new Date('2026-11-29T10:00:00Z');
    const audit = await Audit.open({
      file: {
        read: () => Promise.resolve([]),
        append: (entries) => Promise.resolve(void written.push(...entries)),
      },
      clock,
      count: (reason) => metrics.refused(reason),
      log,
    });
    const tokens = await Tokens.open({
      file: { read: () => Promise.resolve([]), save: () => Promise.resolve() },
      audit: () => Promise.resolve(),
      clock,
      log,
    });
    const authenticator = new Authenticator([new TokenProof(tokens)]);
    const logins = new FailedLogins({
      perMinute: () => 20,
      now: () => 0,
      wait: () => Promise.resolve(),
      reach: () => undefined,
    });
    const linesOf = async () => (await metrics.registry.metrics()).split('\n').length;
    const before = await linesOf();
    for (let count = 0; count < FLOOD; count += 1) {
      const id = count.toString(16).padStart(12, '0');
      const address = count < 51_000 ? `10.${count}` : '10.75.0.9';
      const asking = {
        way: 'tls',
        said: `name${count}`,
        authorization: `Bearer imago_${id}_${id.padEnd(40, '0')}`,
        cookie: undefined,
        certificate: undefined,
        address,
        method: 'GET',
      } as const;
      const error = await authenticator.operatorOf(asking, 'read').catch((reason: unknown) => reason);
      if (!(error instanceof NotAuthenticated)) throw new Error('it was let in');
      const refused = refusedBy(await logins.refusal(address, error));
      if (!refused) throw new Error('it is not told of');
      audit.note({
        ...refused,
        address,
        method: 'GET',
        path: `/api/v1/hosts/${count}`,
        route: '/api/v1/hosts/:serial',
      });
    }
    await audit.close();
    expect(await linesOf(), 'series of metrics').to.equal(before);
    expect(await metrics.registry.metrics()).to.include(`imago_refused_total{reason="wrong-token"} ${FLOOD}`);
    expect(logins.size, 'addresses that are remembered').to.be.at.most(50_000);
    expect(written.length, 'lines on disk').to.be.at.most(2 * 2001);
    expect(audit.list(10_000).length, 'entries in memory').to.be.at.most(1000);
    const last = new Map(
      written.map((entry) => [JSON.stringify({ ...entry, count: 0, until: 0 }), entry.count]),
    );
    expect(
      [...last.values()].reduce((sum, count) => sum + count, 0),
      'none is lost',
    ).to.equal(FLOOD);
  });
});
