import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ImagoError } from '../../../src/errors.js';
import { DamagedObject } from '../../../src/git/errors.js';
import type { EarlierHost } from '../../../src/host/host-archive.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { changesIn, type Author, type Decision, type FleetView } from '../../../src/host/host-store.js';
import { parseSerial } from '../../../src/host/serial.js';
import { errorAnswer } from '../../../src/http/error-response.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { InMemoryHostStore } from '../../support/fake-host-store.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

/** What a call to the REST API can be refused with, and the status that goes with it: 500 is for faults of imago's own. */
const answered: Readonly<Record<string, number>> = {
  ADDRESS_TAKEN: 409,
  AMBIGUOUS_PENDING: 409,
  BACKUP_RUNNING: 409,
  BAD_REQUEST: 400,
  BMC_ADDRESS_FORBIDDEN: 409,
  BMC_CREDENTIALS: 502,
  BMC_FAULT: 502,
  BMC_UNKNOWN: 409,
  BMC_UNREACHABLE: 504,
  BMC_UNSUPPORTED: 501,
  BMC_UNTRUSTED: 502,
  BODY_ABORTED: 400,
  BODY_TOO_LARGE: 413,
  BOOTS_FULL: 409,
  CANNOT_BACK_UP: 503,
  CARD_REFUSED: 409,
  CARD_UNSEEN: 503,
  CHANGES_TOO_OLD: 410,
  CHANGE_CONFLICT: 409,
  CONFIG_INVALID: 422,
  CONFIG_UNREADABLE: 422,
  DAMAGED_CLUSTER: 503,
  DAMAGED_OBJECT: 503,
  DECODE_ERROR: 400,
  DIGEST_NEEDED: 400,
  ETCD_TOKEN_AWAITED: 503,
  FETCH_BUSY: 409,
  FETCH_CANCELLED: 409,
  FETCH_FAILED: 502,
  FOREIGN_PAGE: 403,
  PROOF_MISSING: 403,
  GPGV_MISSING: 503,
  HOST_EXISTS: 409,
  HOST_LOCKED: 423,
  HOST_NOT_OURS: 421,
  ILLEGAL_TRANSITION: 409,
  IMAGE_CORRUPT: 422,
  IMAGE_EXISTS: 409,
  IMAGE_IN_USE: 409,
  IMAGE_MISSING: 404,
  IMAGE_TOO_LARGE: 413,
  INVALID_RECORD: 400,
  INVALID_VALUE: 400,
  KEY_UNUSABLE: 503,
  MAC_HELD: 409,
  METHOD_NOT_ALLOWED: 405,
  MIRROR_BUSY: 503,
  NEEDS_RESTART: 409,
  NETBOOT_FULL: 409,
  NOT_ACCEPTED: 429,
  NETBOOT_IMAGE_TIED: 409,
  NETBOOT_IMAGE_UNKNOWN: 404,
  NETBOOT_MACHINE_UNKNOWN: 404,
  NETBOOT_OFF: 409,
  NEW_HOST_REFUSED: 429,
  NOT_ALLOWED: 403,
  NOT_AUTHENTICATED: 401,
  NOT_FOUND: 404,
  NO_KEYS: 422,
  NO_ROOM: 507,
  NO_SERIAL: 400,
  OBJECT_TOO_LARGE: 503,
  OIDC_OFF: 409,
  OIDC_UNAVAILABLE: 502,
  POWER_TOOL_MISSING: 503,
  PRECONDITION_FAILED: 412,
  RANGE_EXHAUSTED: 503,
  ROLLBACK_FORBIDDEN: 409,
  RECIPIENT_UNFIT: 400,
  SECRETS_CLOSED: 409,
  SECRETS_NOT_RECORDED: 503,
  SECRETS_SERVED: 409,
  SECRETS_UNPROVEN: 403,
  SECRET_UNUSABLE: 503,
  SIGNATURE_BAD: 422,
  STORE_UNAVAILABLE: 503,
  TEMPLATE_FAULT: 503,
  TOKENS_FULL: 409,
  TOO_MANY_FAILED_LOGINS: 429,
  TOO_MANY_LOGINS: 429,
  TOKENS_NEED_PROOF: 403,
  TOO_MANY_REPORTS: 429,
  TOO_MANY_WATCHERS: 503,
  TOO_MANY_WRITES: 429,
  TOO_MUCH_HELD: 503,
  UNKNOWN_HOST: 404,
  UNKNOWN_KIND: 404,
  UNKNOWN_PENDING: 404,
  UNKNOWN_RECORD: 404,
  UNKNOWN_REVISION: 404,
  UNKNOWN_TOKEN: 404,
  UPLOAD_GAP: 409,
  URL_TOO_LONG: 414,
  WRONG_MEDIA_TYPE: 415,
  WRONG_MODE: 409,
};

/** Codes that no caller over HTTP is refused with, by where they end. */
const elsewhere: Readonly<Record<string, string>> = {
  'imagoctl, mayuctl and the daemon’s own command line print them':
    'BOOT_WOULD_FAIL CANNOT_CONVERT CANNOT_RESTORE CANNOT_SAVE CREDENTIALS_DAMAGED CREDENTIALS_EXPOSED FAULTY_FOLDER FILE_UNREADABLE FOLDER_TAKEN IMAGE_DAMAGED INSTALLATION_FAILED MAYU_REFUSAL NOTHING_SELECTED NOT_CONFIRMED NOT_DONE NOT_WELL NO_REGISTRY REGISTRY_LEFT_BEHIND SERVER_UNREACHABLE SERVER_UNTRUSTED SOME_NOT_REINSTALLED SOME_REFUSED STILL_NAMED UNEXPECTED_ANSWER USAGE WAITED_IN_VAIN',
  'the daemon does not start':
    'CANNOT_CREATE_CLUSTER CA_UNUSABLE CERTIFICATE_UNUSABLE DAMAGED_REF DNS_PORT_UNUSABLE FOLDER_IN_USE FOLDER_UNUSABLE GRPC_LISTEN_FAILED INTERFACE_NOT_BINDABLE INVALID_CLUSTER_FILE LISTEN_FAILED MISSING_ALTERNATE NEEDS_IMPORT NO_RIGHT_TO_LISTEN NO_SUCH_INTERFACE PORT_TAKEN SOCKET_FAILURE TFTP_LISTEN_FAILED TOKENS_UNUSABLE UNKNOWN_FORMAT USER_UNUSABLE',
  'an alarm, a warning or an event tells of them':
    'ADDRESS_PROMISED_TWICE BOOTCFG_FILE CERTIFICATE_EXPIRED CERTIFICATE_EXPIRES CERTIFICATE_LACKS_NAMES CERTIFICATE_NOT_YET_VALID ETCD_DISCOVERY_FAILED GIT_FAILED INVALID_HOST LOADER_MISSING MATCHBOX_FAULT MISPLACED_HOST NO_SUCH_BRANCH OTHER_FILES PIXIECORE_API_FAILED SERIAL_SHARED UNRELATED_HISTORY',
  'STORE_UNAVAILABLE, CANNOT_BACK_UP or FETCH_FAILED is answered for them':
    'DAMAGED_FILE LOCAL_TARGET REF_LOCKED',
  'a machine that waits shows them on its console': 'PIXIECORE_ANSWER_UNFIT PIXIECORE_API_BUSY',
  'they are answers of gRPC': 'CALL_REFUSED',
  'clients of another system get its own words': 'CANNOT_SIGN NO_MAC NO_MATCH',
  'machines’ listener tells operators where theirs is': 'OPERATORS_ELSEWHERE',
  'they are answers of TFTP': 'TFTP_FILE_CUT_SHORT TFTP_FILE_REFUSED',
  'etcd’s clients get numbers of their own': 'ETCD_ERROR',
  'they stand for all that is no ImagoError': 'INTERNAL INTERNAL_ERROR',
};

describe('every code of an error', () => {
  it('has its status here, or the place where it ends', () => {
    const inSource = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => [
        ...readFileSync(`src/${name}`, 'utf8').matchAll(/\bcode(?:: string)?(?: =|:) '([A-Z][A-Z_]+[A-Z])'/g),
      ])
      .map(([, code]) => code);
    const here = [...Object.keys(answered), ...Object.values(elsewhere).flatMap((codes) => codes.split(' '))];
    expect([...new Set(inSource)]).to.have.members(here);
  });

  for (const [code, status] of Object.entries(answered)) {
    it(`${code} → ${status}`, () => {
      class Refusal extends ImagoError {
        readonly code = code;
      }
      const answer = errorAnswer(new Refusal('it cannot be done: do that'), 'api');
      expect(answer.status).to.equal(status);
      expect(JSON.parse(answer.body)).to.include({ code, status, detail: 'it cannot be done: do that' });
    });
  }
});

describe('a fault that its operator can put right', () => {
  let house: House;
  const path = process.env['PATH'];
  beforeEach(() => void (process.env['PATH'] = '/nowhere'));
  afterEach(async () => {
    process.env['PATH'] = path;
    await house.close();
  });

  const host = (serial: string, facts: Partial<Host> = {}) =>
    newHost(parseSerial(serial), { state: 'running', profile: 'core', ...facts });
  const power = (lines: string) =>
    `${houseConfig}power:\n  user: admin\n  tries: 1\n  networks: [127.0.0.0/8]\n${lines}`;

  for (const { name, config, store, ask, body, status, code } of [
    {
      name: 'a password that is not there',
      config: power('  driver: redfish\n  password: { variable: NO_SUCH_VARIABLE }\n'),
      store: new InMemoryHostStore([host('a', { ipmiAddress: '127.0.0.1' })]),
      ask: 'GET /api/v1/hosts/a/power',
      status: 503,
      code: 'SECRET_UNUSABLE',
    },
    {
      name: 'ipmitool that is not installed',
      config: power('  driver: ipmi\n  password: { variable: BMC_PASSWORD }\n'),
      store: new InMemoryHostStore([host('a', { ipmiAddress: '127.0.0.1' })]),
      ask: 'GET /api/v1/hosts/a/power',
      status: 503,
      code: 'POWER_TOOL_MISSING',
    },
    {
      name: 'an object of the repository that is damaged',
      store: new (class extends InMemoryHostStore {
        override hostAt(): Promise<EarlierHost> {
          return Promise.reject(new DamagedObject('f'.repeat(40), 'it is missing'));
        }
      })([host('a')]),
      ask: 'POST /api/v1/hosts/a/rollback',
      body: { revision: '0000' },
      status: 503,
      code: 'DAMAGED_OBJECT',
    },
    {
      name: 'an address that two would have',
      store: new (class extends InMemoryHostStore {
        override async change<D extends Decision>(
          author: Author,
          decide: (fleet: FleetView) => D,
        ): Promise<D> {
          const internalAddress = parseIpv4('10.75.0.20');
          await super.change(author, (fleet) =>
            changesIn(decide(fleet)).map((change) => ({
              ...change,
              host: { ...change.host, internalAddress },
            })),
          );
          throw new Error('two hosts have one address');
        }
      })([host('a'), host('b', { internalAddress: parseIpv4('10.75.0.20') })]),
      ask: 'PATCH /api/v1/hosts/a',
      body: { cabinet: 3 },
      status: 409,
      code: 'CHANGE_CONFLICT',
    },
  ]) {
    it(`${name}: ${status} ${code}`, async () => {
      house = await openHouse({
        store,
        environment: { BMC_PASSWORD: 'x' },
        ...(config !== undefined && { config }),
      });
      const [method = '', path = ''] = ask.split(' ');
      const answer = await fetch(house.url + path, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      expect(await answer.json()).to.include({ status, code });
      expect(answer.status).to.equal(status);
    });
  }
});
