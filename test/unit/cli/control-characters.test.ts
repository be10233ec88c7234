import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { renderColumns } from '../../../src/cli/columns.js';
import { failureLine } from '../../../src/cli/failure.js';
import { forTerminal } from '../../../src/cli/terminal.js';
import { renderMayuList, renderMayuStatus } from '../../../src/cli/mayu/render.js';
import { paint } from '../../../src/cli/paint.js';
import { diffColumns } from '../../../src/cli/render-diff.js';
import { renderEvent } from '../../../src/cli/commands/events.js';
import { renderExplanation } from '../../../src/cli/commands/explain.js';
import { historyColumns, logColumns } from '../../../src/cli/render-history.js';
import { leaseColumns } from '../../../src/cli/commands/leases.js';
import { listColumns, listFieldNames, renderList } from '../../../src/cli/render-list.js';
import { outputRenderer } from '../../../src/cli/render-output.js';
import { renderStatus } from '../../../src/cli/render-status.js';
import { changedLines } from '../../../src/cli/render-watch.js';
import { newHost } from '../../../src/host/host.js';
import { formatHostFile } from '../../../src/host/host-json.js';
import { parseSerial } from '../../../src/host/serial.js';
import { createLogger } from '../../../src/logging.js';
import { LoggingOutput } from '../../../src/logging-output.js';
import { MayuHost } from '../../../src/api/mayu-client.js';
import { decodeCommit, encodeCommit } from '../../../src/git/commit.js';
import { apiHost } from '../api/fake-imago.js';

/** What clears the screen, sets its title, writes over lines, turns text around, or ends a line, in seven and in eight bits. */
const HOSTILE =
  'a\u001b[2J\u001b]0;owned\u0007\u009b31m\u0090x\u009c\r\n\u0000\b\u007f\u2028\u202e\u200b\ufeff\ud800z';
const STEERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const time = '2026-11-21T03:00:00.000Z';

const host = apiHost({
  serial: HOSTILE,
  state: 'installing',
  address: HOSTILE,
  uuid: HOSTILE,
  bootMac: HOSTILE,
  macAddresses: [HOSTILE],
  metadata: [HOSTILE],
  profile: HOSTILE,
  hostname: HOSTILE,
  connectedNic: HOSTILE,
  providerId: HOSTILE,
  ipmiAddress: HOSTILE,
  machineId: HOSTILE,
  osVersion: HOSTILE,
  etcdClusterToken: HOSTILE,
  overrides: { [HOSTILE]: HOSTILE, nested: [HOSTILE] },
  versions: {
    mayu: HOSTILE,
    docker: HOSTILE,
    etcd: HOSTILE,
    fleet: HOSTILE,
    rkt: HOSTILE,
    k8s: HOSTILE,
    yochu: HOSTILE,
  },
  progress: { phase: HOSTILE, message: HOSTILE, time },
});
const entry = { commit: HOSTILE, time, author: HOSTILE, what: HOSTILE, serial: HOSTILE };
const lease = {
  address: HOSTILE,
  mac: HOSTILE,
  state: 'bound',
  expires: time,
  serial: HOSTILE,
  hostname: HOSTILE,
  clientId: HOSTILE,
};
const mayu = MayuHost.parse({
  Serial: HOSTILE,
  InternalAddr: HOSTILE,
  IPMIAddr: HOSTILE,
  ProviderId: HOSTILE,
  MacAddresses: [HOSTILE],
  Hostname: HOSTILE,
  MachineID: HOSTILE,
  ConnectedNIC: HOSTILE,
  Profile: HOSTILE,
  EtcdClusterToken: HOSTILE,
  FleetMetadata: [HOSTILE],
  CoreOSVersion: HOSTILE,
  State: 'running',
  MayuVersion: HOSTILE,
  DockerVersion: HOSTILE,
  LastBoot: HOSTILE,
});
const plain = { legend: true, color: false };

const shown: Readonly<Record<string, () => readonly (string | undefined)[]>> = {
  'list, every field': () => renderList([host], listColumns(listFieldNames.join(',')), plain),
  'list --watch, a changed line': () => changedLines([], [host], listColumns(listFieldNames.join(','))),
  status: () => renderStatus(host, plain),
  'events, of each kind': () =>
    (['change', 'progress', 'stuck', 'cluster'] as const).map((kind) =>
      renderEvent({ id: HOSTILE, kind, ...entry }, plain),
    ),
  history: () => renderColumns([entry], historyColumns, plain),
  log: () => renderColumns([entry], logColumns, plain),
  leases: () => renderColumns([lease as never], leaseColumns, plain),
  diff: () => renderColumns([{ field: HOSTILE, before: HOSTILE, after: [HOSTILE] }], diffColumns, plain),
  explain: () =>
    renderExplanation({ name: HOSTILE, steps: [{ step: HOSTILE, answer: HOSTILE, rule: HOSTILE }] }, plain),
  'mayuctl list': () => renderMayuList([mayu], 'serial,profile,metadata,state,lastboot', true),
  'mayuctl status': () => renderMayuStatus(mayu),
  'a failure': () => [failureLine(new Error(HOSTILE), 'imagoctl')],
};

describe('what a machine says of itself', () => {
  for (const [name, render] of Object.entries(shown)) {
    it(`does not steer the terminal: ${name}`, () => {
      const lines = render();
      expect(lines.join('')).to.contain('a');
      expect(lines.filter((line) => STEERS.test(line ?? ''))).to.deep.equal([]);
    });
  }

  const told = { value: [host], nameField: 'serial' };
  it('does not steer the terminal in JSON and YAML either, and programs read it as it was', async () => {
    for (const [format, read] of [
      ['json', (text: string): unknown => JSON.parse(text)],
      ['yaml', (text: string): unknown => parse(text)],
    ] as const) {
      const text = (await outputRenderer(format))(told);
      expect(STEERS.test(text.replaceAll('\n', '')), format).to.equal(false);
      expect(read(text), format).to.deep.equal(JSON.parse(JSON.stringify([host])));
    }
  });
  it('does not steer the terminal in csv and names', async () => {
    for (const format of ['csv', 'name'] as const) {
      const text = (await outputRenderer(format))(told);
      expect(STEERS.test(text.replaceAll('\n', '')), format).to.equal(false);
    }
  });

  it('leaves only the colours that imagoctl paints, breaks of lines and tabs', () => {
    const text = `${paint('red', 'red')}\n\t${paint('a', 'bold')}`;
    expect(forTerminal(text)).to.equal(text);
    const rest = forTerminal(HOSTILE).replaceAll('\n', '');
    expect(STEERS.test(rest)).to.equal(false);
  });

  it('reaches the log as escapes: its lines are JSON that says what was said', () => {
    const folder = mkdtempSync(join(tmpdir(), 'imago-log-'));
    const file = openSync(join(folder, 'log'), 'w');
    const output = new LoggingOutput(file);
    const log = createLogger('info', output);
    log.info({ serial: HOSTILE, agent: HOSTILE, path: HOSTILE }, HOSTILE);
    output.flushSync();
    closeSync(file);
    const text = readFileSync(join(folder, 'log'), 'utf8');
    rmSync(folder, { recursive: true });
    expect(STEERS.test(text.replaceAll('\n', ''))).to.equal(false);
    expect(JSON.parse(text)).to.include({ serial: HOSTILE, msg: HOSTILE });
  });

  it('reaches files and commits without what steers a terminal', () => {
    const facts = {
      providerId: HOSTILE,
      connectedNic: HOSTILE,
      metadata: [HOSTILE],
      overrides: { x: HOSTILE },
    };
    const file = formatHostFile(newHost(parseSerial('ser1'), facts));
    expect(STEERS.test(file.replaceAll('\n', ''))).to.equal(false);
    expect(JSON.parse(file)).to.include({ ProviderId: HOSTILE });
    const someone = { name: HOSTILE, email: HOSTILE, time: new Date(0) };
    const commit = encodeCommit({
      tree: '0'.repeat(40),
      parents: [],
      author: someone,
      committer: someone,
      message: `one\t${HOSTILE}\n\ntwo`,
    });
    expect(STEERS.test(commit.toString().replaceAll(/[\n\t]/g, ''))).to.equal(false);
    expect(decodeCommit(commit).message).to.match(/^one\ta[^]*\n\ntwo$/);
  });
});
