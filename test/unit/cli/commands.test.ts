import { expect } from 'chai';
import { apiHost, FakeImago, problem } from '../api/fake-imago.js';
import { imagoctl, words } from '../../support/run-imagoctl.js';

describe('imagoctl', () => {
  let imago: FakeImago;
  const run = (...argv: string[]) => imagoctl(argv, { IMAGO_HOST: '127.0.0.1', IMAGO_PORT: `${imago.port}` });

  beforeEach(async () => {
    imago = await FakeImago.start([apiHost({ serial: 'ser0001', address: '10.75.0.20', profile: 'core' })]);
  });
  afterEach(() => imago.stop());

  describe('status', () => {
    it('shows everything under Mayu’s labels, then what imago knows besides', async () => {
      imago.hosts.set(
        'ser0001',
        apiHost({
          serial: 'ser0001',
          state: 'installing',
          address: '10.75.0.20',
          ipmiAddress: '10.76.0.1',
          providerId: 'XXYYZZ',
          macAddresses: ['52:54:00:00:00:01', '52:54:00:00:00:02'],
          cabinet: 3,
          machineOnCabinet: 7,
          hostname: 'node1',
          machineId: '00007e26',
          connectedNic: 'enp0s3',
          profile: 'core',
          etcdClusterToken: 'f00d',
          metadata: ['role=core', 'zone=a'],
          osVersion: '3374.2.0',
          versions: { docker: '20.10' },
          lastBoot: '2026-11-21T02:03:04.567Z',
          uuid: '11111111-2222-3333-4444-555555555555',
          bootMac: '52:54:00:00:00:01',
          overrides: { osVersion: '3400.0.0' },
          progress: { phase: 'write', message: '40 %', time: '2026-11-21T02:05:00.000Z' },
        }),
      );
      expect((await run('status', 'SER0001')).stdout).to.equal(`Serial:              ser0001
IP:                  10.75.0.20
IPMI:                10.76.0.1
Provider ID:         XXYYZZ
Macs:                52:54:00:00:00:01, 52:54:00:00:00:02
Cabinet:             3
Machine on Cabinet:  7
Hostname:            node1
MachineID:           00007e26
ConnectedNIC:        enp0s3
Profile:             core
State:               installing
EtcdToken:           f00d
Metadata:            role=core, zone=a
CoreOS:              3374.2.0
Mayu:                -
Yochu:               -
Docker:              20.10
Etcd:                -
Fleet:               -
Rkt:                 -
K8s:                 -
LastBoot:            2026-11-21T02:03:04Z
UUID:                11111111-2222-3333-4444-555555555555
Boot MAC:            52:54:00:00:00:01
Overrides:           osVersion=3400.0.0
Stuck:               -
Progress:            write 40 % (2026-11-21T02:05:00Z)
`);
    });

    it('ends with 3 for a machine that does not exist', async () => {
      expect(await run('status', 'nobody')).to.deep.equal({
        stdout: '',
        stderr: "imagoctl: there is no host 'nobody': see imagoctl list\n",
        code: 3,
      });
    });

    it('says so in JSON too', async () => {
      const { stdout, stderr, code } = await run('status', 'nobody', '--json');
      expect({ stderr, code }).to.deep.equal({ stderr: '', code: 3 });
      expect(JSON.parse(stdout)).to.deep.equal({
        error: {
          code: 'UNKNOWN_HOST',
          message: "there is no host 'nobody': see imagoctl list",
          status: 404,
          exit: 3,
        },
      });
    });
  });

  describe('history', () => {
    it('shows each commit, newest first', async () => {
      imago.history = [
        {
          commit: 'b'.repeat(40),
          time: '2026-11-21T02:00:01.000Z',
          author: 'ser0001',
          what: 'updated host state to installing',
          state: 'installing',
        },
        { commit: 'a'.repeat(40), time: '2026-11-21T02:00:00.000Z', author: 'imago', what: 'host created' },
      ];
      expect((await run('history', 'ser0001')).stdout).to.equal(
        [
          'TIME                  COMMIT      AUTHOR   STATE       CHANGE',
          '2026-11-21T02:00:01Z  bbbbbbbbbb  ser0001  installing  updated host state to installing',
          '2026-11-21T02:00:00Z  aaaaaaaaaa  imago    -           host created',
          '',
        ].join('\n'),
      );
    });
  });

  describe('leases', () => {
    it('shows who has which address until when', async () => {
      imago.leases = [
        {
          address: '10.75.0.100',
          mac: '52:54:00:00:00:09',
          hostname: 'guest',
          state: 'bound',
          expires: '2026-11-21T02:01:00.000Z',
        },
      ];
      expect(words((await run('leases', '--no-legend')).stdout)).to.deep.equal([
        ['10.75.0.100', '52:54:00:00:00:09', 'bound', '2026-11-21T02:01:00Z', '-', 'guest', '-'],
      ]);
    });
  });

  describe('reload', () => {
    it('has the daemon take up its configuration', async () => {
      imago.override = (_, response) => response.writeHead(204).end();
      expect(await run('reload')).to.deep.equal({
        stdout: 'the configuration was reloaded\n',
        stderr: '',
        code: 0,
      });
      expect(imago.seen.map(({ method, path }) => `${method} ${path}`)).to.deep.equal([
        'POST /api/v1/reload',
      ]);
    });

    it('shows each fault of a file that is refused on a line of its own', async () => {
      const { answer } = problem(422, 'CONFIG_INVALID', '2 faults in the configuration\na:1:1: x\na:2:1: y');
      imago.override = (_, response) => response.writeHead(422).end(JSON.stringify(answer));
      expect(await run('reload')).to.deep.equal({
        stdout: '',
        stderr: 'imagoctl: 2 faults in the configuration\na:1:1: x\na:2:1: y\n',
        code: 1,
      });
    });
  });

  describe('version', () => {
    it('shows client and daemon', async () => {
      expect(words((await run('version')).stdout)).to.deep.equal([
        ['client', '0.1.0', 'node', process.version],
        ['server', '9.8.7', 'node', 'v20.0.0', imago.url],
      ]);
    });

    it('shows the client without asking anybody', async () => {
      const { stdout, code } = await run('version', '--client', '--port', '1');
      expect({ lines: words(stdout).length, code }).to.deep.equal({ lines: 1, code: 0 });
    });
  });

  describe('its ways to fail', () => {
    for (const { name, argv, environment, says, code } of [
      {
        name: 'an unknown command',
        argv: ['lits'],
        says: 'command lits not found; see imagoctl help',
        code: 2,
      },
      { name: 'a missing serial', argv: ['status'], says: 'Missing 1 required arg: serial', code: 2 },
      {
        name: 'the same where flags repeat',
        argv: ['add'],
        says: 'Missing 1 required arg: serial, the serial of the machine; see imagoctl help add\n',
        code: 2,
      },
      {
        name: 'a number out of its range',
        argv: ['list', '--watch', '--interval', '0'],
        says: 'Parsing --interval Expected an integer greater than or equal to 1 but received: 0; see',
        code: 2,
      },
      { name: 'one word too many', argv: ['list', 'x'], says: 'Unexpected argument: x', code: 2 },
      { name: 'an unknown flag', argv: ['list', '--colour'], says: 'Nonexistent flag: --colour', code: 2 },
      {
        name: 'a port that is none',
        argv: ['list'],
        environment: { IMAGO_PORT: '70000' },
        says: "'70000' is not a port: give --port or IMAGO_PORT a number from 1 to 65535",
        code: 2,
      },
      {
        name: 'a host with its port',
        argv: ['list', '--host', '10.75.0.1:4080'],
        says: "'10.75.0.1:4080' is not a host: give --host or IMAGO_HOST a name or an address, without http:// and without the port, which is --port",
        code: 2,
      },
      {
        name: 'a URL for a host',
        argv: ['list', '--host', 'http://rack'],
        says: "'http://rack' is not a host: give --host or IMAGO_HOST a name or an address",
        code: 2,
      },
    ]) {
      it(`tells ${name} in one line`, async () => {
        const outcome = await imagoctl(argv, environment);
        expect(outcome).to.include({ stdout: '', code });
        expect(outcome.stderr)
          .to.match(/^imagoctl: [^\n]+\n$/)
          .and.to.contain(says);
      });
    }

    it('tells a wrong command line in JSON', async () => {
      const { stdout, code } = await run('list', '--watch', '--json');
      expect({ code, answer: JSON.parse(stdout) as unknown }).to.deep.equal({
        code: 2,
        answer: {
          error: {
            code: 'USAGE',
            message: '--watch is for people: leave --output out, or follow imagoctl events --follow --json',
            exit: 2,
          },
        },
      });
    });

    it('tells that no daemon runs there, with 4', async () => {
      await imago.stop();
      expect(await run('list')).to.deep.equal({
        stdout: '',
        stderr:
          `imagoctl: no imago answers at ${imago.url} (connection refused): is the daemon running? ` +
          'set --host/--port or IMAGO_HOST/IMAGO_PORT\n',
        code: 4,
      });
    });

    it('passes the server’s reason on when it refuses, with 1', async () => {
      imago.override = (_, response) =>
        response
          .writeHead(409)
          .end('{"type":"about:blank","title":"x","status":409,"code":"X","detail":"not now:\\nwait"}');
      expect(await run('list')).to.deep.equal({ stdout: '', stderr: 'imagoctl: not now: wait\n', code: 1 });
    });
  });
});
