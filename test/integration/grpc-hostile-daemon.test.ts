import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { CertificateAuthority, type CertificateOnDisk } from '../support/certificates.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { pythonCalls } from '../support/python-grpc.js';

const HOSTILE = resolve('dist/test/support/hostile-grpc.js');
const PORT = 8081;
const MOST_MEMORY = 600;

const kinds = [
  'silent-connections',
  'noise',
  'no-certificate',
  'half-handshakes',
  'rapid-resets',
  'pings',
  'half-messages',
  'answers-not-taken',
];

describe('matchbox is called by gRPC while others hold and break what they can', function () {
  this.timeout(120_000);
  let lab: DaemonLab;
  let ca: CertificateAuthority;
  let terraform: CertificateOnDisk;
  let descriptors: number;
  const open = () => readdirSync(`/proc/${lab.pid}/fd`).length;
  const mebibytes = () =>
    Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${lab.pid}/status`, 'utf8'))?.[1]) / 1024;
  const put = (name: string) =>
    pythonCalls(
      {
        address: `10.75.0.1:${PORT}`,
        ca: ca.certificate,
        as: terraform,
        within: ['ip', 'netns', 'exec', lab.client],
      },
      [
        {
          path: '/rpcpb.Groups/GroupPut',
          fields: [
            [
              1,
              [
                [1, name],
                [3, 'etcd'],
                [5, `{"a":"${'x'.repeat(20_000)}"}`],
              ],
            ],
          ],
        },
        { path: '/rpcpb.Groups/GroupGet', fields: [[1, name]] },
      ],
    );

  before(async () => {
    lab = await DaemonLab.create('grpc');
    ca = CertificateAuthority.create();
    terraform = ca.client('/CN=terraform');
    const { certificate, key } = ca.server('10.75.0.1');
    const grpc = `{ certificate: ${certificate}, key: ${key}, clientCa: ${ca.certificate} }`;
    lab.configure((text) =>
      text.replace(/^listeners:$/m, `matchbox: { records: true }\nlisteners:\n  matchbox: { grpc: ${grpc} }`),
    );
    await lab.start();
    // Whoever is hostile has an address of its own, the second.
    for (const address of ['10.75.0.201/24', '10.75.0.200/24'])
      await lab.onClient('ip', 'addr', 'add', address, 'dev', 'eth0');
    await put('first');
    descriptors = open();
  });
  after(async () => {
    await lab.remove();
    ca.remove();
  });

  for (const kind of kinds) {
    it(kind, async () => {
      const words = [
        HOSTILE,
        '10.75.0.1',
        String(PORT),
        kind,
        ca.certificate,
        terraform.certificate,
        terraform.key,
      ];
      const hostile = spawn('ip', ['netns', 'exec', lab.client, process.execPath, ...words], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(hostile.stdout, 'data');
      const held = { open: open(), mebibytes: mebibytes() };
      const outcomes = await put(kind);
      const after = mebibytes();
      hostile.stdin.end();
      await once(hostile, 'exit');
      if (process.env['IMAGO_TEST_FIGURES'])
        console.log(
          kind,
          held,
          after,
          outcomes.map(({ code, details }) => `${code} ${details}`),
        );
      expect(outcomes.map(({ code }) => code)).to.deep.equal(['OK', 'OK']);
      expect(outcomes[1]?.answer).to.equal(outcomes[0]?.sent);
      expect(Math.max(held.mebibytes, after)).to.be.below(MOST_MEMORY);
      while (open() > descriptors + 5) await pause(20);
    });
  }

  it('told each bound that was met, and why connections came to no call, in few lines', async () => {
    const { stdout } = await lab.onServer('curl', '-s', 'http://10.75.0.1:4080/metrics');
    for (const series of [
      'imago_limit_reached_total{limit="grpc-connections-per-address"}',
      'imago_limit_reached_total{limit="grpc-calls-per-address"}',
      'imago_grpc_turned_away_total{reason="tls"}',
      'imago_grpc_turned_away_total{reason="no-certificate"}',
    ]) {
      const line = stdout.split('\n').find((one) => one.startsWith(series));
      expect(Number(line?.split(' ').at(-1)), series).to.be.above(0);
    }
    const lines = lab
      .log()
      .split('\n')
      .filter((line) => line.includes('"part":"grpc"'));
    expect(lines.length).to.be.below(60);
  });
});
