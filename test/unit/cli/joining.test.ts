import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect } from 'chai';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';
import { imagoctl, operatorsOfTests, root } from '../../support/run-imagoctl.js';

const config = `${houseConfig.replace(
  'name: core, quantity: 1,',
  "name: core, quantity: 1, match: { product: 'R7*', disks: { minCount: 2 } },",
)}newHosts: { mode: pending }\n`;

describe('imagoctl pending, accept and reject', () => {
  let house: House;
  let codes: readonly string[];

  before(async () => {
    house = await openHouse({ config, now: () => new Date('2026-11-21T10:00:00Z') });
    for (const serial of ['A1', 'A2'])
      await fetch(
        `${house.url}/ipxe?serial=${serial}&mac=52-54-00-00-00-0${serial[1]}&product=R740&manufacturer=Dell`,
      );
    codes = house.services.joining.pending().map(({ code }) => code);
  });
  after(() => house.close());

  const run = (line: string) =>
    imagoctl(line.replace(/CODE(\d)/, (_, place: string) => codes[Number(place) - 1] ?? '').split(' '), {
      IMAGO_HOST: '127.0.0.1',
      IMAGO_PORT: new URL(house.url).port,
    });
  const time = '2026-11-21T10:00:00Z';

  /** One session of an operator, in order. */
  const session: { line: string; says?: () => string; fails?: string; hints?: string }[] = [
    {
      line: 'pending',
      says: () => `CODE  SERIAL  PRODUCT  MANUFACTURER  MAC                IP         SINCE                 LASTSEEN
${codes[0]}  a1      R740     Dell          52:54:00:00:00:01  127.0.0.1  ${time}  ${time}
${codes[1]}  a2      R740     Dell          52:54:00:00:00:02  127.0.0.1  ${time}  ${time}
`,
    },
    { line: 'pending -o name', says: () => 'a1\na2\n' },
    { line: 'accept', fails: 'name the machines: imagoctl pending lists those that wait' },
    { line: 'accept zzzz', fails: "no machine waits as 'zzzz': imagoctl pending shows" },
    {
      line: 'accept CODE1 --profile nope',
      fails: "'nope' is not the name of a profile: use one of core, default",
    },
    {
      line: 'profiles --for a1',
      says: () => `PROFILE  VERDICT  HOSTS  QUANTITY  WHY
core     unknown  0      1         disks: wants 2 or more, not told yet
default  takes    0      -         -
`,
    },
    {
      line: 'accept CODE1',
      says: () => 'a1: accepted, 10.75.0.10, profile default until its installer tells more\n',
    },
    { line: 'accept a1', fails: "no machine waits as 'a1'" },
    { line: 'reject CODE2', says: () => `a2: rejected, code ${codes[1]}\n` },
    {
      line: 'pending',
      says: () => 'CODE  SERIAL  PRODUCT  MANUFACTURER  MAC  IP  SINCE  LASTSEEN\n',
      hints: 'no machine waits',
    },
    { line: 'reject --forget CODE2', says: () => `a2: not rejected any more, code ${codes[1]}\n` },
    { line: 'reject', fails: 'name the machines' },
    { line: 'status a1 -o name', says: () => 'a1\n' },
  ];
  for (const { line, says, fails, hints = '' } of session) {
    it(line, async () => {
      const finished = await run(line);
      if (fails !== undefined) expect(finished.stderr).to.include(fails);
      else {
        expect(finished).to.include({ stdout: says?.(), code: 0 });
        expect(finished.stderr).to.include(hints);
      }
    });
  }

  it('pending --rejected shows who rejected it, and when', async () => {
    await fetch(`${house.url}/ipxe?serial=A2&mac=52-54-00-00-00-02&product=R740&manufacturer=Dell`);
    await run('reject a2');
    const { stdout } = await run('pending --rejected --no-legend');
    expect(stdout).to.match(
      /^\w{4}  a2  R740  Dell  52:54:00:00:00:02  127\.0\.0\.1(  2026-11-21T10:00:00Z){3}  claimed:/,
    );
  });

  it('list --watch tells that a machine begins to wait', async () => {
    const child = spawn(`${root}bin/imagoctl`, ['list', '--watch', '--interval', '1'], {
      env: {
        ...process.env,
        ...operatorsOfTests,
        IMAGO_HOST: '127.0.0.1',
        IMAGO_PORT: new URL(house.url).port,
      },
    });
    try {
      const errors = createInterface({ input: child.stderr })[Symbol.asyncIterator]();
      const output = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      await output.next();
      await fetch(`${house.url}/ipxe?serial=A3&mac=52-54-00-00-00-03`);
      expect((await errors.next()).value).to.equal('imagoctl: 1 waits to be accepted: imagoctl pending');
    } finally {
      child.kill();
      await once(child, 'close');
      await run('reject a3');
      await run('reject --forget a3');
    }
  });

  it('status shows what the machine is made of', async () => {
    const { stdout } = await run('status a1');
    expect(stdout)
      .to.match(/^Hardware: +Dell R740$/m)
      .and.match(/^Profile until: +its installer tells more$/m);
  });

  it('explain shows what each profile says', async () => {
    const { stdout } = await run('explain a1');
    expect(stdout).to.match(
      /^profiles +core cannot tell yet: disks: wants 2 or more, not told yet\n +default takes it$/m,
    );
  });
});
