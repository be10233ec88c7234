import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { endpoints } from '../../src/api/endpoints.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { BASE, OperatorsShell } from '../support/operators-shell.js';

interface Verb {
  readonly line: string;
  readonly says: RegExp;
  /** Of the program; 0 where it is left out. */
  readonly status?: number;
}

/** One after the other, against the same daemon. What goes through a BMC is refused here for want of one. */
const verbs: readonly Verb[] = [
  { line: 'version', says: /^client +\d[^]*\nserver +\d/ },
  { line: 'check', says: /addresses are free/ },
  { line: 'add a1 --profile core --ip 10.75.0.90 --mac 52:54:00:00:00:0a', says: /a1/ },
  { line: 'import machines.csv', says: /b2/ },
  { line: 'export', says: /"serial": "a1"/ },
  { line: 'list --no-legend --fields serial,state', says: /^m9 +running\nb2 +configured\na1 +configured\n$/ },
  { line: 'status a1', says: /10\.75\.0\.90/ },
  { line: 'set a1 cabinet 7', says: /a1/ },
  { line: 'override a1 color red', says: /a1/ },
  { line: 'profiles', says: /^core +2 +1 /m },
  { line: 'pending', says: /^CODE +SERIAL/ },
  { line: 'accept a1', says: /no machine waits as 'a1'/, status: 3 },
  { line: 'reject a1', says: /no machine waits as 'a1'/, status: 3 },
  { line: 'leases', says: /^IP +MAC +STATE/ },
  { line: 'history a1', says: /updated host cabinet/ },
  { line: 'log --limit 1', says: /updated host overrides/ },
  {
    line: 'diff a1 "$(imagoctl history a1 --json | grep -o \'"commit": "[0-9a-f]*\' | tail -1 | cut -c12-)"',
    says: /^Cabinet +- +7$/m,
  },
  {
    line: 'rollback a1 "$(imagoctl history a1 --json | grep -o \'"commit": "[0-9a-f]*\' | sed -n 2p | cut -c12-)" --yes',
    says: /a1/,
  },
  { line: 'events', says: /updated host cabinet/ },
  { line: 'render a1 --what first-stage', says: /^#!\/bin\/sh/ },
  { line: 'explain a1 --firmware uefi', says: /snponly\.efi/ },
  { line: 'simulate boot a1', says: /undionly\.kpxe/ },
  { line: 'images list', says: /sandbox/ },
  { line: 'netboot images add live --kernel /k', says: /^live: registered\n$/ },
  { line: 'netboot tie a1 live', says: /^52:54:00:00:00:0a: tied to live\n$/ },
  { line: 'netboot machines', says: /^52:54:00:00:00:0a +live +a1$/m },
  { line: 'netboot images remove live', says: /is the image of 1 machine/, status: 1 },
  { line: 'profile put live.json', says: /live/ },
  { line: 'group put web.json', says: /web/ },
  { line: 'template put generic/motd motd', says: /generic\/motd/ },
  { line: 'group list', says: /^web +/m },
  { line: 'history groups/web', says: /^TIME[^]*\bput\b/ },
  { line: 'boot --list', says: /^ID / },
  { line: 'wait a1 --for configured --timeout 5s', says: /a1/ },
  { line: 'whoami', says: /admin\.sock: \S+ is admin, by socket$/m },
  {
    line: 'token create --name eve --role viewer --expires 12h',
    says: /^imago_[^]*eve is viewer by it until /,
  },
  { line: 'token list', says: /^\S+ +eve +viewer +/m },
  { line: 'token revoke eve', says: /revoked \(eve, viewer\)/ },
  { line: 'refusals', says: / token-revoked / },
  { line: 'login --no-tls', says: /goes over HTTPS alone/, status: 2 },
  { line: 'logout', says: /^localhost:4443: nobody was logged in$/m },
  { line: 'reload', says: /reloaded/ },
  { line: 'power status a1', says: /no BMC|BMC/, status: 1 },
  { line: 'bootdev pxe a1', says: /BMC/, status: 1 },
  { line: 'inventory a1', says: /BMC/, status: 1 },
  { line: 'reinstall a1 --yes', says: /BMC/, status: 1 },
  { line: 'boot-complete --environment machine.env', says: /^m9: running\n$/ },
  { line: 'backup saved.bundle', says: /saved\.bundle/ },
  { line: 'restore saved.bundle --config conf/imago.yaml', says: /is not empty|there is|already/, status: 1 },
  { line: 'secrets list', says: /^NAME +KIND +FINGERPRINT/ },
  { line: 'lock b2 --reason "not now"', says: /^b2: locked\n$/ },
  { line: 'retire b2 --yes', says: /b2 is locked by .*: not now; imagoctl unlock b2 first/, status: 1 },
  { line: 'unlock b2', says: /^b2: unlocked\n$/ },
  { line: 'retire b2 --yes', says: /b2/ },
  { line: 'completion bash', says: /complete/ },
  { line: 'complete -- status a', says: /^a1\n$/ },
];

/** What curl is given for one call of each endpoint that answers without a body of bytes, or a BMC. */
const calls: Readonly<Record<string, readonly [words: string, status: number]>> = {
  listHosts: ['/hosts?sort=serial&limit=1', 200],
  addHost: [`/hosts -d '{"serial":"c3"}'`, 201],
  getHost: ['/hosts/c3', 200],
  patchHost: [`/hosts/c3 -X PATCH -d '{"cabinet":3}'`, 200],
  setState: [`/hosts/c3/state -d '{"state":"configured"}'`, 200],
  lockHost: [`/hosts/c3/lock -X PUT -d '{"reason":"x"}'`, 200],
  unlockHost: ['/hosts/c3/lock -X DELETE', 200],
  getHistory: ['/hosts/c3/history', 200],
  getTimeline: ['/hosts/c3/timeline', 200],
  getDiff: ['/hosts/c3/diff?from=0123', 404],
  rollBack: [`/hosts/c3/rollback -d '{"revision":"0123"}'`, 404],
  getLog: ['/log?serial=c3', 200],
  backUp: ['/backup', 200],
  getPower: ['/hosts/c3/power', 409],
  setPower: [`/hosts/c3/power -d '{"action":"on"}'`, 409],
  setBootDevice: [`/hosts/c3/boot-device -d '{"device":"pxe"}'`, 409],
  getInventory: ['/hosts/c3/inventory', 409],
  getRendered: ['/hosts/c3/rendered/ignition', 200],
  listPending: ['/pending', 200],
  acceptPending: [`/pending/none/accept -d '{}'`, 404],
  rejectPending: ['/pending/none/reject -X POST', 404],
  forgetRejected: ['/pending/none/rejection -X DELETE', 404],
  explain: ['/explain/c3', 200],
  simulateBoot: [`/simulations -d '{"serial":"c3"}'`, 200],
  listImages: ['/images', 200],
  fetchImage: [`/images/v9/fetch -d '{"source":"gentoo"}'`, 400],
  getImageFetch: ['/images/v9/fetch', 404],
  cancelImageFetch: ['/images/v9/fetch -X DELETE', 404],
  verifyImage: ['/images/sandbox/verification -X POST', 200],
  removeImage: ['/images/sandbox -X DELETE', 409],
  uploadImagePiece: [`/images/mine/uploads/x.raw?offset=0 -d bytes`, 200],
  completeImageUpload: [`/images/mine/uploads/x.raw/completion -d '{"sha256":"${'0'.repeat(64)}"}'`, 422],
  listNetbootImages: ['/netboot/images', 200],
  putNetbootImage: [`/netboot/images/live -X PUT -d '{"kernel":"/k"}'`, 200],
  removeNetbootImage: ['/netboot/images/live -X DELETE', 409],
  listNetbootMachines: ['/netboot/machines', 200],
  tieNetbootMachine: [`/netboot/machines/52:54:00:00:00:0b -X PUT -d '{"image":null}'`, 200],
  untieNetbootMachine: ['/netboot/machines/52:54:00:00:00:0b -X DELETE', 204],
  listKinds: ['/records', 200],
  listRecords: ['/records/netboot-images', 200],
  putRecord: [`/records/netboot-images/small -X PUT -d '{"kernel":"/s"}'`, 200],
  getRecord: ['/records/netboot-images/small', 200],
  getRecordHistory: ['/records/netboot-images/small/history', 200],
  getRecordDiff: ['/records/netboot-images/small/diff?from=0123', 404],
  rollBackRecord: [`/records/netboot-images/small/rollback -d '{"revision":"0123"}'`, 404],
  removeRecord: ['/records/netboot-images/small -X DELETE', 204],
  listSecrets: ['/secrets', 200],
  listBoots: ['/boots', 200],
  orderBoot: [`/boots -d '{"kernel":{"file":"vmlinuz"}}'`, 201],
  cancelBoot: ['/boots/none -X DELETE', 404],
  uploadBootPiece: ['/boots/none/files/kernel?offset=0 -d bytes', 404],
  completeBootFile: [`/boots/none/files/kernel/completion -d '{"sha256":"${'0'.repeat(64)}"}'`, 404],
  listEvents: ['/events', 200],
  whoAmI: ['/whoami', 200],
  openSession: ['/session -X POST', 400],
  endSession: ['/session -X DELETE', 400],
  beginLogin: ['/logins -X POST', 409],
  getLogin: ['/logins/0123', 409],
  // Over the listener that is trusted nobody makes tokens: imagoctl's are made by the socket.
  createToken: [`/tokens -d '{"name":"ada","role":"viewer"}'`, 403],
  listTokens: ['/tokens', 200],
  revokeToken: ['/tokens/0123456789ab -X DELETE', 403],
  listRefusals: ['/refusals?limit=5', 200],
  listLeases: ['/leases', 200],
  listProfiles: ['/profiles', 200],
  reload: ['/reload -X POST', 204],
  getVersion: ['/version', 200],
  retireHost: ['/hosts/c3 -X DELETE', 204],
};

describe('through the front door of a running daemon', function () {
  this.timeout(300_000);
  let lab: DaemonLab;
  let shell: OperatorsShell;

  before(async () => {
    lab = await DaemonLab.create('door');
    lab.configure((text) =>
      `${text}\npxeInit: { enabled: true }\nmatchbox: { records: true }\n`.replace(
        /^listeners:$/m,
        'listeners:\n  matchbox: { port: 8081 }',
      ),
    );
    shell = new OperatorsShell(lab);
    writeFileSync(join(lab.folder, 'machines.csv'), 'serial,profile,cabinet\nb2,default,7\n');
    writeFileSync(join(lab.folder, 'machine.env'), `SERIAL=m9\nIMAGO_URL=${BASE}\n`);
    writeFileSync(join(lab.folder, 'tftproot/snponly.efi'), 'loader');
    writeFileSync(join(lab.folder, 'live.json'), JSON.stringify({ id: 'live', boot: { kernel: '/k' } }));
    writeFileSync(join(lab.folder, 'web.json'), JSON.stringify({ id: 'web', profile: 'live' }));
    writeFileSync(join(lab.folder, 'motd'), 'hello {{.name}}\n');
    await lab.start();
    expect(await shell.installs('m9')).to.include({ status: 0 });
  });
  after(() => lab.remove());

  it('each verb of imagoctl is tried here', () => {
    const known = readdirSync('src/cli/commands').map((name) => name.replace(/\.ts$/, ''));
    expect(new Set(verbs.map(({ line }) => line.split(' ')[0]))).to.deep.equal(new Set(known));
  });

  for (const { line, says, status = 0 } of verbs) {
    it(`imagoctl ${line.slice(0, 60)}`, async () => {
      const finished = await shell.type(`imagoctl ${line}`);
      const said = finished.stdout + finished.stderr;
      expect(finished.status, said).to.equal(status);
      expect(said).to.match(says);
    });
  }

  it('each endpoint is tried here', () => {
    expect(Object.keys(calls)).to.have.members(Object.keys(endpoints));
  });

  for (const [id, [words, status]] of Object.entries(calls)) {
    it(`${id} → ${status}`, async () => {
      const [path = '', ...rest] = words.split(' ');
      const type = path.includes('offset=') ? 'application/octet-stream' : 'application/json';
      const header = rest.includes('-d') ? `-H 'Content-Type: ${type}'` : '';
      const asked = `curl -s -o answer -w '%{http_code}' ${header} '${BASE}/api/v1${path}' ${rest.join(' ')}`;
      expect((await shell.type(asked)).stdout, asked).to.equal(String(status));
    });
  }
});
