import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect } from 'chai';
import type { ApiEndpoint } from '../../../src/api/endpoint.js';
import { endpoints } from '../../../src/api/endpoints.js';
import { netbootHandlers } from '../../../src/dialects/pxe-init/netboot-handlers.js';
import { imageKind, machineKind } from '../../../src/dialects/pxe-init/netboot-kinds.js';
import { RecordBook } from '../../../src/dialects/pxe-init/record-book.js';
import { newHost } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { plans } from '../../support/describe-records.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

interface Answered {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Answered>> }>>>
  >;
  readonly components: { readonly schemas: object };
}

/** A path as the document writes it. */
function written(path: string): string {
  return path.replace(/:(\w+)/g, '{$1}');
}

/** One real call for each endpoint and status. */
const calls: readonly (readonly [id: string, path: string, status: number, body?: unknown])[] = [
  ['listHosts', '/hosts?limit=1', 200],
  ['listHosts', '/hosts?limit=many', 400],
  ['addHost', '/hosts', 201, { serial: 'n1', address: '10.75.0.70' }],
  ['addHost', '/hosts', 409, { serial: 'full' }],
  ['addHost', '/hosts', 400, {}],
  ['getHost', '/hosts/full', 200],
  ['getHost', '/hosts/nobody', 404],
  ['patchHost', '/hosts/full', 200, { cabinet: 2, overrides: { a: 'b' } }],
  ['patchHost', '/hosts/full', 400, { cabinet: 'two' }],
  ['patchHost', '/hosts/nobody', 404, {}],
  ['patchHost', '/hosts/full', 413, { metadata: ['x'.repeat(70_000)] }],
  ['setState', '/hosts/full/state', 200, { state: 'configured' }],
  ['setState', '/hosts/full/state', 409, { state: 'running' }],
  ['setState', '/hosts/full/state', 400, { state: 'asleep' }],
  ['getHistory', '/hosts/full/history', 200],
  ['getHistory', '/hosts/full/history?limit=10001', 400],
  ['getHistory', '/hosts/nobody/history', 404],
  ['getTimeline', '/hosts/full/timeline', 200],
  ['getTimeline', '/hosts/full/timeline?limit=0', 400],
  ['getTimeline', '/hosts/nobody/timeline', 404],
  ['getDiff', '/hosts/full/diff?from=0000', 200],
  ['getDiff', '/hosts/full/diff', 400],
  ['getDiff', '/hosts/full/diff?from=ffff', 404],
  ['rollBack', '/hosts/full/rollback', 200, { revision: '0000', dryRun: true }],
  ['rollBack', '/hosts/full/rollback', 404, { revision: 'ffff' }],
  ['getLog', '/log?serial=full', 200],
  ['getLog', '/log?limit=0', 400],
  ['putRecord', '/records/plans/a', 200, { size: 1 }],
  ['putRecord', '/records/plans/a', 400, { size: 'big' }],
  ['putRecord', '/records/plans/a%2Fb', 400, { size: 1 }],
  ['putRecord', '/records/others/a', 404, { size: 1 }],
  ['putRecord', '/records/plans/a', 413, { size: 1, note: 'x'.repeat(1_100_000) }],
  ['listKinds', '/records', 200],
  ['listRecords', '/records/plans?limit=1', 200],
  ['listRecords', '/records/plans?limit=0', 400],
  ['listRecords', '/records/others', 404],
  ['getRecord', '/records/plans/a', 200],
  ['getRecord', '/records/plans/b', 404],
  ['getRecordHistory', '/records/plans/a/history', 200],
  ['getRecordHistory', '/records/plans/a/history?limit=0', 400],
  ['getRecordHistory', '/records/plans/b/history', 404],
  ['getRecordDiff', '/records/plans/a/diff?from=0000', 200],
  ['getRecordDiff', '/records/plans/a/diff', 400],
  ['getRecordDiff', '/records/plans/a/diff?from=ffff', 404],
  ['rollBackRecord', '/records/plans/a/rollback', 200, { revision: '00000000', dryRun: true }],
  ['rollBackRecord', '/records/plans/a/rollback', 400, {}],
  ['rollBackRecord', '/records/plans/a/rollback', 404, { revision: 'ffff' }],
  ['removeRecord', '/records/plans/a', 204],
  ['removeRecord', '/records/plans/a', 404],
  ['rollBackRecord', '/records/plans/a/rollback', 409, { revision: '0000' }],
  ['backUp', '/backup', 200],
  ['getRendered', '/hosts/full/rendered/ipxe', 200],
  ['getRendered', '/hosts/full/rendered/soup', 400],
  ['explain', '/explain/full', 200],
  ['explain', '/explain/52:54:00:00:00:60', 200],
  ['explain', '/explain/full?firmware=abacus', 400],
  ['explain', '/explain/%2f', 400],
  ['simulateBoot', '/simulations', 200, { serial: 'full', firmware: 'uefi' }],
  ['simulateBoot', '/simulations', 400, { firmware: 'abacus' }],
  ['listPending', '/pending', 200],
  ['listPending', '/pending?rejected=maybe', 400],
  ['rejectPending', '/pending/waits/reject', 200],
  ['rejectPending', '/pending/waits/reject', 404],
  ['listPending', '/pending?rejected=true', 200],
  ['acceptPending', '/pending/waits/accept', 400, { profile: 'nope' }],
  ['forgetRejected', '/pending/waits/rejection', 200],
  ['forgetRejected', '/pending/waits/rejection', 404],
  ['acceptPending', '/pending/nobody/accept', 404, {}],
  ['acceptPending', '/pending/other/accept', 201, { profile: 'default' }],
  ['listImages', '/images', 200],
  ['fetchImage', '/images/v9/fetch', 201, { source: 'flatcar' }],
  ['fetchImage', '/images/v8/fetch', 400, { url: 'http://127.0.0.1/x', name: 'x' }],
  ['fetchImage', '/images/v8/fetch', 400, { source: 'gentoo' }],
  ['fetchImage', '/images/v8/fetch', 422, { source: 'fedora-coreos' }],
  ['getImageFetch', '/images/v9/fetch', 200],
  ['getImageFetch', '/images/v8/fetch', 404],
  ['cancelImageFetch', '/images/v9/fetch', 204],
  ['verifyImage', '/images/v1/verification', 200],
  ['verifyImage', '/images/v8/verification', 404],
  ['removeImage', '/images/v1', 409],
  ['removeImage', '/images/v8', 404],
  ['uploadImagePiece', '/images/v8/uploads/x.raw?offset=0', 200, 'bytes'],
  ['uploadImagePiece', '/images/v8/uploads/x.raw?offset=5', 409, 'bytes'],
  ['completeImageUpload', '/images/v8/uploads/x.raw/completion', 422, { sha256: '0'.repeat(64) }],
  ['listSecrets', '/secrets', 200],
  ['listBoots', '/boots', 200],
  ['orderBoot', '/boots', 201, { kernel: { file: 'vmlinuz' }, initrds: [{ url: 'http://10.75.0.5/i' }] }],
  ['orderBoot', '/boots', 400, { kernel: { url: 'file:///k' } }],
  ['orderBoot', '/boots', 400, {}],
  ['uploadBootPiece', '/boots/none/files/kernel?offset=0', 404, 'bytes'],
  ['completeBootFile', '/boots/none/files/kernel/completion', 404, { sha256: '0'.repeat(64) }],
  ['cancelBoot', '/boots/none', 404],
  ['getPower', '/hosts/full/power', 409],
  ['getPower', '/hosts/nobody/power', 404],
  ['setPower', '/hosts/full/power', 409, { action: 'on' }],
  ['setPower', '/hosts/full/power', 400, { action: 'explode' }],
  ['setBootDevice', '/hosts/full/boot-device', 409, { device: 'pxe' }],
  ['setBootDevice', '/hosts/full/boot-device', 400, { device: 'tape' }],
  ['getInventory', '/hosts/full/inventory', 409],
  ['putNetbootImage', '/netboot/images/fcos', 200, { kernel: 'k' }],
  ['putNetbootImage', '/netboot/images/fcos', 400, { kernel: 'k k' }],
  ['tieNetbootMachine', '/netboot/machines/52:54:00:00:00:01', 200, { image: 'fcos' }],
  ['tieNetbootMachine', '/netboot/machines/52:54:00:00:00:02', 200, { image: null }],
  ['tieNetbootMachine', '/netboot/machines/52:54:00:00:00:01', 404, { image: 'other' }],
  ['tieNetbootMachine', '/netboot/machines/full', 400, { image: 'fcos' }],
  ['listNetbootImages', '/netboot/images', 200],
  ['listNetbootMachines', '/netboot/machines', 200],
  ['removeNetbootImage', '/netboot/images/fcos', 409],
  ['untieNetbootMachine', '/netboot/machines/52:54:00:00:00:01', 204],
  ['untieNetbootMachine', '/netboot/machines/52:54:00:00:00:01', 404],
  ['removeNetbootImage', '/netboot/images/fcos', 204],
  ['removeNetbootImage', '/netboot/images/fcos', 404],
  ['listEvents', '/events', 200],
  ['listEvents', '/events?x=y', 400],
  ['whoAmI', '/whoami', 200],
  ['openSession', '/session', 400],
  ['endSession', '/session', 400],
  ['beginLogin', '/logins', 409],
  ['getLogin', '/logins/0123', 409],
  ['createToken', '/tokens', 201, { name: 'ada', role: 'viewer', expires: '2099-01-01T00:00:00Z' }],
  ['createToken', '/tokens', 400, { name: 'ada', role: 'god' }],
  ['createToken', '/tokens', 400, { name: 'ada', role: 'viewer', expires: '2020-01-01T00:00:00Z' }],
  ['listTokens', '/tokens', 200],
  ['revokeToken', '/tokens/0123456789ab', 404],
  ['listRefusals', '/refusals', 200],
  ['listRefusals', '/refusals?limit=0', 400],
  ['listLeases', '/leases', 200],
  ['listProfiles', '/profiles', 200],
  ['reload', '/reload', 204],
  ['getVersion', '/version', 200],
  ['lockHost', '/hosts/full/lock', 200, { reason: 'do not touch' }],
  ['lockHost', '/hosts/full/lock', 423, { reason: 'mine' }],
  ['patchHost', '/hosts/full', 423, { cabinet: 9 }],
  ['lockHost', '/hosts/full/lock', 400, {}],
  ['unlockHost', '/hosts/full/lock', 200],
  ['unlockHost', '/hosts/nobody/lock', 404],
  ['retireHost', '/hosts/full', 204],
  ['retireHost', '/hosts/full', 404],
];

const full = newHost(parseSerial('full'), {
  state: 'running',
  profile: 'default',
  uuid: '11111111-2222-3333-4444-555555555555',
  internalAddress: parseIpv4('10.75.0.60'),
  ipmiAddress: '10.75.1.60',
  lastBoot: new Date('2026-11-21T10:00:00Z'),
  versions: { docker: '1' },
  metadata: ['role=core'],
});

describe('the OpenAPI document', () => {
  let house: House;
  let document: Document;
  let ajv: Ajv2020;
  before(async () => {
    const leases = [{ address: '10.75.0.60', mac: '52:54:00:00:00:60' }];
    const config = `${houseConfig}newHosts: { mode: pending }\nimages: { tries: 1, flatcar: { url: 'http://127.0.0.1:1', keys: [/nowhere/key] } }\n`;
    const store = new InMemoryHostStore([full], undefined, [plans, imageKind, machineKind]);
    const netboot = netbootHandlers(new RecordBook(store, () => undefined), store);
    house = await openHouse({ config, store, netboot, leases });
    for (const [serial, card] of Object.entries({ waits: '61', other: '62' }))
      await fetch(`${house.url}/ipxe?serial=${serial}&mac=52-54-00-00-00-${card}&product=R740&memsize=1024`);
    document = (await (await fetch(`${house.url}/api/v1/openapi.json`)).json()) as Document;
    ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(document, 'api');
  });
  after(() => house.close());

  it('is of version 3.1 and names every endpoint', () => {
    expect(document.openapi).to.equal('3.1.0');
    for (const { method, path } of Object.values(endpoints))
      expect(document.paths[written(path)]).to.have.property(method.toLowerCase());
  });

  it('is tried here with every endpoint', () => {
    expect(new Set(calls.map(([id]) => id))).to.deep.equal(new Set(Object.keys(endpoints)));
  });

  for (const [id, path, status, body] of calls) {
    it(`holds for ${id} ${path} → ${status}`, async () => {
      const endpoint: ApiEndpoint = endpoints[id as keyof typeof endpoints];
      const place = [written(endpoint.path), endpoint.method.toLowerCase()] as const;
      // No token is made or revoked without proof.
      const at = path.startsWith('/tokens') ? house.localUrl : house.url;
      const answer = await fetch(`${at}/api/v1${path}`, {
        method: endpoint.method,
        ...(body !== undefined && {
          body: JSON.stringify(body),
          headers: { 'content-type': 'application/json' },
        }),
      });
      expect(answer.status).to.equal(status);
      const promised = document.paths[place[0]]?.[place[1]]?.responses[status];
      expect(promised, 'an answer that the document names').not.to.equal(undefined);
      const type = answer.headers.get('content-type')?.split(';')[0] ?? '';
      const content = promised?.content?.[type];
      const text = await answer.text();
      if (status === 204) {
        expect([text, promised?.content]).to.deep.equal(['', undefined]);
        return;
      }
      if (endpoint.answerType === type) {
        expect(content).not.to.equal(undefined);
        return;
      }
      const pointer = ['paths', ...place, 'responses', status, 'content', type, 'schema'];
      expect(content, type).not.to.equal(undefined);
      const reference = `api#/${pointer
        .map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1'))
        .map(encodeURIComponent)
        .join('/')}`;
      const isValid = ajv.validate({ $ref: reference }, JSON.parse(text));
      expect(isValid, ajv.errorsText()).to.equal(true);
    });
  }
});
