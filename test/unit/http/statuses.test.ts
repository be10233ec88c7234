import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { hostStates } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { BrokenHostStore, InMemoryHostStore } from '../../support/fake-host-store.js';
import { openHouse, type House } from '../../support/http-house.js';

/** One host in each state, named for it. */
const oneOfEach = () =>
  hostStates.map((state, index) =>
    newHost(parseSerial(state), {
      state,
      profile: 'default',
      internalAddress: parseIpv4(`10.75.0.${20 + index}`),
    }),
  );

interface Case {
  /** `METHOD path` and a body where there is one. */
  readonly ask: readonly [request: string, body?: string];
  readonly status: number;
  /** The whole body as text, or a part of it. */
  readonly text?: string | RegExp;
}

const admin = (request: string, serial = 'configured') => `PUT /admin/host/${serial}/${request}`;
const unparsable = (request: string) => `unable to parse json data in ${request} request`;

const cases: Case[] = [
  { ask: ['GET /'], status: 200, text: /imago/ },
  { ask: ['HEAD /'], status: 200, text: '' },
  { ask: ['GET /nothing-here'], status: 404, text: "there is nothing at '/nothing-here'" },
  { ask: ['GET /hostinfo-helper'], status: 200, text: /^#!\/bin\/sh/ },
  {
    ask: ['GET /ipxebootscript'],
    status: 200,
    text: /next-script=http:\/\/10\.75\.0\.1:4080\/first-stage-script\/__SERIAL__/,
  },
  { ask: ['GET /ipxe'], status: 400, text: /neither a serial of its own, nor a UUID, nor a MAC/ },
  { ask: ['GET /ipxe?serial=unknown&uuid=0&mac=zz'], status: 400 },
  { ask: ['GET /ipxe?mac=52-54-00-00-00-09'], status: 200, text: /images\/52-54-00-00-00-09\/vmlinuz/ },
  { ask: ['POST /ipxe'], status: 405, text: 'POST is not possible here: use HEAD, GET' },
  {
    ask: ['GET /first-stage-script/running'],
    status: 409,
    text: /a host that is running cannot become installing/,
  },
  { ask: ['GET /first-stage-script/0123456789'], status: 400, text: 'no serial ? :/' },
  { ask: ['POST /final-ignition-config.json', '{"Serial":""}'], status: 400, text: 'no serial ? :/' },
  { ask: ['POST /final-cloud-config.yaml', '{}'], status: 400, text: 'no serial ? :/' },
  { ask: ['POST /final-ignition-config.json', '{"Serial"'], status: 400, text: /unable to parse json/ },
  {
    ask: ['POST /final-ignition-config.json', '{"Serial":"installed"}'],
    status: 409,
    text: /installed cannot become installing/,
  },
  { ask: ['POST /report/installing/disk', 'vda'], status: 204, text: '' },
  { ask: ['POST /report/installing/lunch', 'soup'], status: 400, text: /there is no such phase/ },
  { ask: ['POST /report/nobody/disk', 'vda'], status: 404 },
  { ask: ['POST /report/installing/disk', 'x'.repeat(5000)], status: 413, text: /longer than 4096 bytes/ },

  { ask: ['GET /admin/hosts'], status: 200, text: /^\[\{/ },
  { ask: ['GET /admin/host'], status: 404 },
  { ask: [admin('set_installed', 'installing')], status: 202, text: '' },
  { ask: [admin('set_installed', 'configured')], status: 409, text: /configured cannot become installed/ },
  { ask: [admin('set_installed', 'nobody')], status: 400, text: "host doesn't exist" },
  { ask: [admin('boot_complete', 'installed'), '{}'], status: 202, text: '' },
  { ask: [admin('boot_complete', 'installed')], status: 202, text: '' },
  { ask: [admin('boot_complete', 'installed'), '{'], status: 400, text: unparsable('boot_complete') },
  { ask: [admin('boot_complete', 'nobody'), '{}'], status: 400, text: "host doesn't exist" },
  { ask: [admin('boot_complete', 'configured'), '{}'], status: 409 },
  ...['set_metadata', 'set_provider_id', 'set_ipmi_addr', 'set_cabinet', 'set_etcd_cluster_token'].flatMap(
    (request): Case[] => [
      { ask: [admin(request), '{}'], status: 202, text: '' },
      { ask: [admin(request), 'x'], status: 400, text: unparsable(request) },
      { ask: [admin(request)], status: 400, text: unparsable(request) },
      { ask: [admin(request, 'nobody'), '{}'], status: 400, text: "host doesn't exist" },
    ],
  ),
  { ask: [admin('set_ipmi_addr'), '{"IPMIAddr":"10.76.0.17"}'], status: 202, text: '' },
  { ask: [admin('set_ipmi_addr'), '{"IPMIAddr":"fd00::17"}'], status: 202, text: '' },
  { ask: [admin('set_ipmi_addr'), '{"IPMIAddr":""}'], status: 202, text: '' },
  ...['bmc-7.rack.example', '-Iopen', '0.0.0.0', '010.76.0.17', 'fe80::1%eth0'].map((address): Case => ({
    ask: [admin('set_ipmi_addr'), `{"IPMIAddr":"${address}"}`],
    status: 400,
    text: unparsable('set_ipmi_addr'),
  })),
  { ask: [admin('set_cabinet'), '{"Cabinet":3}'], status: 202, text: '' },
  { ask: [admin('set_cabinet'), '{"Cabinet":"three"}'], status: 400, text: unparsable('set_cabinet') },
  { ask: [admin('set_cabinet'), '{"Cabinet":-1}'], status: 400, text: unparsable('set_cabinet') },
  { ask: [admin('set_cabinet'), '{"Cabinet":3,"State":0,"LastBoot":"0001-01-01T00:00:00Z"}'], status: 202 },
  { ask: [admin('override'), '{"Overrides":{"a":"b"}}'], status: 202, text: '' },
  { ask: [admin('override'), '{"Overrides":{}}'], status: 400, text: 'nothing to override' },
  { ask: [admin('override'), '{}'], status: 400, text: 'nothing to override' },
  { ask: [admin('override'), '['], status: 400, text: unparsable('override') },
  { ask: [admin('override', 'nobody'), '{}'], status: 400, text: "host doesn't exist" },
  {
    ask: [admin('override'), '{"Overrides":{"a b":"c"}}'],
    status: 400,
    text: /is not the name of an override/,
  },
  {
    ask: [admin('override'), '{"Overrides":{"__proto__":"c"}}'],
    status: 400,
    text: /'__proto__' is a name that nothing can be stored under/,
  },
  { ask: [admin('set_state', 'running'), '{"State":"configured"}'], status: 202, text: '' },
  {
    ask: [admin('set_state', 'configured'), '{"State":"running"}'],
    status: 409,
    text: /a host that is configured cannot become running/,
  },
  { ask: [admin('set_state', 'running'), '{"State":"unknown"}'], status: 409 },
  { ask: [admin('set_state', 'running'), '{"State":"flying"}'], status: 400, text: unparsable('set_state') },
  { ask: [admin('set_state', 'nobody'), '{"State":"configured"}'], status: 400, text: "host doesn't exist" },
  { ask: [admin('mark_fresh', 'running')], status: 202, text: '' },
  { ask: [admin('mark_fresh', 'nobody')], status: 400, text: "host doesn't exist" },
  { ask: [admin('set_colour')], status: 404 },
  { ask: ['POST /admin/host/running/set_state', '{}'], status: 405 },

  { ask: ['GET /api/v1/hosts'], status: 200, text: /^\{"hosts":\[/ },
  { ask: ['GET /api/v1/hosts/running'], status: 200, text: /"address":"10.75.0.24"/ },
  { ask: ['GET /api/v1/hosts/RUNNING'], status: 200 },
  { ask: ['GET /api/v1/hosts/nobody'], status: 404, text: /"code":"UNKNOWN_HOST"/ },
  { ask: ['GET /api/v1/hosts/running/history'], status: 200, text: '{"history":[]}' },
  { ask: ['GET /api/v1/hosts/nobody/history'], status: 404 },
  {
    ask: ['POST /api/v1/hosts/running/state', '{"state":"configured"}'],
    status: 200,
    text: /"state":"configured"/,
  },
  {
    ask: ['POST /api/v1/hosts/running/state', '{"state":"installed"}'],
    status: 409,
    text: /"from":"running"/,
  },
  {
    ask: ['POST /api/v1/hosts/running/state', '{"state":"asleep"}'],
    status: 400,
    text: /"code":"BAD_REQUEST"/,
  },
  { ask: ['POST /api/v1/hosts/running/state', 'configured'], status: 400, text: /the body is not JSON/ },
  { ask: ['GET /api/v1/leases'], status: 200, text: '{"leases":[]}' },
  { ask: ['GET /api/v1/version'], status: 200, text: /"version":"1.2.3"/ },
  { ask: ['GET /api/v2/hosts'], status: 404, text: /"code":"NOT_FOUND"/ },

  { ask: ['GET /health'], status: 200, text: /"healthy":true/ },
  { ask: ['GET /ready'], status: 200, text: /"ready":true/ },
  { ask: ['GET /metrics'], status: 200, text: /imago_hosts\{state="running"\} 1/ },
  { ask: ['GET /images/nothing'], status: 404, text: /version v1 has no readable file nothing/ },
  { ask: ['GET /images/running/nothing'], status: 404, text: /version v1 has no readable file nothing/ },
  { ask: ['GET /images/../../etc/passwd'], status: 404 },
  { ask: ['GET /images/%2e%2e/%2e%2e/etc/passwd'], status: 404 },
  { ask: ['GET /images/running/%2e%2e%2f%2e%2e%2fetc%2fpasswd'], status: 404 },
  { ask: ['GET /images/running/..%5c..%5cetc'], status: 404 },
  { ask: ['GET /images/%'], status: 404 },
  { ask: ['GET /%00'], status: 404 },
  { ask: [`GET /${'a'.repeat(5000)}`], status: 414 },
];

async function ask(house: House, [request, body]: Case['ask']): Promise<Response> {
  const [method = '', path = ''] = request.split(' ');
  return fetch(house.url + path, {
    method,
    ...(body !== undefined && { body, headers: { 'content-type': 'application/json' } }),
  });
}

describe('every call and its status', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({ store: new InMemoryHostStore(oneOfEach()) });
  });
  afterEach(() => house.close());

  for (const { ask: question, status, text } of cases) {
    const [request, body = ''] = question;
    it(`${request.slice(0, 70)} ${body.slice(0, 40)} → ${status}`, async () => {
      const answer = await ask(house, question);
      const said = await answer.text();
      expect(answer.status, said).to.equal(status);
      if (typeof text === 'string') expect(said).to.equal(text);
      if (text instanceof RegExp) expect(said).to.match(text);
    });
  }
});

describe('when nothing can be recorded', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({ store: new BrokenHostStore(oneOfEach()) });
  });
  afterEach(() => house.close());

  const calls: Case[] = [
    { ask: [admin('set_installed', 'installing')], status: 500, text: /the change could not be recorded/ },
    { ask: [admin('set_cabinet'), '{"Cabinet":3}'], status: 500 },
    {
      ask: ['POST /api/v1/hosts/running/state', '{"state":"configured"}'],
      status: 503,
      text: /"code":"STORE_UNAVAILABLE"/,
    },
    { ask: ['GET /ipxe?serial=new1'], status: 503 },
    { ask: ['GET /ipxe?serial=running'], status: 200, text: /sanboot/ },
    { ask: ['GET /ready'], status: 503, text: /the disk is gone/ },
    { ask: ['GET /health'], status: 503, text: /"healthy":false.*the disk is gone/ },
    {
      ask: ['POST /api/v1/hosts/running/rollback', '{"revision":"0000"}'],
      status: 404,
      text: /UNKNOWN_REVISION/,
    },
  ];
  for (const { ask: question, status, text } of calls) {
    it(`${question[0]} → ${status}`, async () => {
      const answer = await ask(house, question);
      expect(answer.status).to.equal(status);
      expect(answer.headers.has('retry-after')).to.equal(status === 503 && !/ready|health/.test(question[0]));
      if (text instanceof RegExp) expect(await answer.text()).to.match(text);
    });
  }
});

describe('when leases cannot be written', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse({
      store: new InMemoryHostStore(oneOfEach()),
      leaseTrouble: 'leases cannot be written (EROFS)',
    });
  });
  afterEach(() => house.close());

  for (const { ask: question, status, text } of [
    { ask: ['GET /health'], status: 503, text: /"healthy":false.*"leases cannot be written \(EROFS\)"/ },
    { ask: ['GET /ready'], status: 503, text: /"ready":false.*"leases cannot be written \(EROFS\)"/ },
    { ask: [admin('set_cabinet'), '{"Cabinet":3}'], status: 202, text: /^$/ },
  ] satisfies Case[]) {
    it(`${question[0]} → ${status}`, async () => {
      const answer = await ask(house, question);
      expect(answer.status).to.equal(status);
      expect(await answer.text()).to.match(text);
    });
  }
});

describe('a fleet of nobody', () => {
  let house: House;
  beforeEach(async () => {
    house = await openHouse();
  });
  afterEach(() => house.close());

  it('is an empty list to Mayu’s clients, and to those of the REST API', async () => {
    expect(await (await fetch(`${house.url}/admin/hosts`)).text()).to.equal('[]');
    expect(await (await fetch(`${house.url}/api/v1/hosts`)).json()).to.deep.equal({ hosts: [], total: 0 });
  });
});
