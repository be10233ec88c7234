import { expect } from 'chai';
import { PendingList, type PendingMachine } from '../../../src/api/pending.js';
import { Explanation } from '../../../src/api/explanation.js';
import { Simulation } from '../../../src/api/simulation.js';
import { houseConfig, openHouse, type House } from '../../support/http-house.js';

const leases = [
  { address: '127.0.0.1', mac: '52:54:00:00:00:01' },
  { address: '127.0.0.2', mac: '52:54:00:00:00:02' },
];
const boot = (serial: string, more = '') =>
  `/ipxe?uuid=11111111-2222-3333-4444-555555555555&mac=52-54-00-00-00-01&serial=${serial}&platform=pcbios&${more}`;

describe('a machine that nobody named', () => {
  let house: House;
  afterEach(() => house.close());

  const open = async (text: string, config = houseConfig) => {
    house = await openHouse({ config: `${config}${text}\n`, leases });
  };
  const get = async (path: string) => (await fetch(house.url + path)).text();
  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${house.operatorUrl}/api/v1${path}`, {
      method,
      headers: { 'X-Imago-Operator': 'anna', 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const pending = async (query = ''): Promise<PendingMachine[]> =>
    PendingList.parse(await (await call('GET', `/pending${query}`)).json()).machines;
  const problem = async (answer: Response) => [
    answer.status,
    ((await answer.json()) as { code: string }).code,
  ];

  describe('where newHosts.mode is pending', () => {
    beforeEach(() => open('newHosts: { mode: pending }'));

    it('waits at its console with its code, and no commit is made', async () => {
      const script = await get(boot('SER0001', 'product=R740&manufacturer=Dell%20Inc.&memsize=65536'));
      const [machine] = await pending();
      expect(machine).to.deep.include({
        serial: 'ser0001',
        mac: '52:54:00:00:00:01',
        address: '127.0.0.1',
        isLeased: true,
        uuid: '11111111-2222-3333-4444-555555555555',
        hardware: { manufacturer: 'Dell Inc.', product: 'R740', memoryBytes: 65536 * 1024 * 1024 },
      });
      const code = machine?.code;
      expect(script).to.include(
        `echo imago: code ${code}: an operator has to accept this machine, with imagoctl accept ${code}\n`,
      );
      expect(script).to.match(/chain --replace --autofree http:\/\/10\.75\.0\.1:4080\/boot\.ipxe/);
      expect(house.store.recorded).to.deep.equal([]);
    });

    for (const { name, ask } of [
      { name: 'its first stage', ask: () => fetch(`${house.url}/first-stage-script/SER0001`) },
      {
        name: 'its final configuration',
        ask: () =>
          fetch(`${house.url}/final-ignition-config.json`, {
            method: 'POST',
            body: '{"Serial":"SER0001","NetDevs":[]}',
          }),
      },
      { name: 'its Ignition', ask: () => fetch(`${house.url}/ignition/SER0001`) },
      {
        name: 'the first stage that hangs on what it is made of',
        ask: () => fetch(`${house.url}/first-stage-script/SER0001`, { method: 'POST', body: '{}' }),
      },
    ]) {
      it(`is told the words where it asks for ${name}`, async () => {
        const answer = await ask();
        const text = await answer.text();
        const [machine] = await pending();
        expect(answer.status).to.equal(429);
        expect(answer.headers.get('retry-after')).to.equal('60');
        expect(text).to.equal(
          `code ${machine?.code}: an operator has to accept this machine, with imagoctl accept ${machine?.code}`,
        );
        expect(house.store.recorded).to.deep.equal([]);
      });
    }

    it('is the same machine with the same code, whatever it asks for', async () => {
      await get(boot('SER0001', 'product=R740'));
      await get('/first-stage-script/SER0001');
      const machines = await pending();
      expect(machines.map(({ serial, hardware }) => [serial, hardware?.product])).to.deep.equal([
        ['ser0001', 'R740'],
      ]);
    });

    it('becomes a host when an operator accepts it, by its code, with its card, and goes on by itself', async () => {
      await get(boot('SER0001', 'product=R740'));
      const [machine] = await pending();
      const answer = await call('POST', `/pending/${machine?.code}/accept`, { profile: 'default' });
      expect([answer.status, answer.headers.get('location')]).to.deep.equal([201, '/api/v1/hosts/ser0001']);
      expect(await answer.json()).to.deep.include({
        serial: 'ser0001',
        state: 'configured',
        profile: 'default',
        bootMac: '52:54:00:00:00:01',
        uuid: '11111111-2222-3333-4444-555555555555',
        hardware: { product: 'R740' },
      });
      const history = (await (await call('GET', '/hosts/ser0001/history')).json()) as {
        history: { author: string; what: string }[];
      };
      expect(new Set(history.history.map(({ author }) => author))).to.deep.equal(new Set(['claimed:anna']));
      expect(history.history.at(-1)?.what).to.equal('host created');
      expect(await get(boot('SER0001', 'product=R740'))).to.include(
        'kernel http://10.75.0.1:4080/images/ser0001',
      );
      expect(await pending()).to.deep.equal([]);
    });

    it('is told so when an operator rejects it, is shown apart, and waits again once that is forgotten', async () => {
      await get(boot('SER0001'));
      expect((await call('POST', '/pending/ser0001/reject')).status).to.equal(200);
      const told = await get(boot('SER0001'));
      expect(told).to.include('echo imago: ser0001 is rejected and has to wait\n');
      expect(told).to.match(
        /^echo imago: code (\w{4}): an operator rejected this machine, and imagoctl accept \1 takes it up all the same$/m,
      );
      expect(await pending()).to.deep.equal([]);
      const [rejected] = await pending('?rejected=true');
      expect(rejected).to.deep.include({ serial: 'ser0001', by: 'claimed:anna' });
      expect((await call('DELETE', '/pending/ser0001/rejection')).status).to.equal(200);
      expect(await get(boot('SER0001'))).to.include('an operator has to accept this machine');
      expect(await pending()).to.have.length(1);
    });

    it('may be accepted though it was rejected', async () => {
      await get(boot('SER0001'));
      await call('POST', '/pending/ser0001/reject');
      expect((await call('POST', '/pending/ser0001/accept', {})).status).to.equal(201);
      expect(await pending('?rejected=true')).to.deep.equal([]);
    });

    it('is not taken up where the profile is none, or nobody waits by that name', async () => {
      await get(boot('SER0001'));
      const accept = (word: string, body: unknown) => call('POST', `/pending/${word}/accept`, body);
      expect(await problem(await accept('ser0001', { profile: 'nope' }))).to.deep.equal([
        400,
        'INVALID_VALUE',
      ]);
      expect(await problem(await accept('other', {}))).to.deep.equal([404, 'UNKNOWN_PENDING']);
      expect(await problem(await call('DELETE', '/pending/ser0001/rejection'))).to.deep.equal([
        404,
        'UNKNOWN_PENDING',
      ]);
      expect(await pending()).to.have.length(1);
    });

    it('is no stranger where the configuration names it, or an operator added it', async () => {
      expect(await get(boot('PRE0001'))).to.include('kernel ');
      await call('POST', '/hosts', { serial: 'ser0002' });
      expect(await get('/first-stage-script/SER0002')).to.match(/^#!\/bin\/sh\n/);
      expect(await pending()).to.deep.equal([]);
    });

    it('is explained: that it waits, by which code, and what each profile says to it', async () => {
      await get(boot('SER0001', 'product=R740'));
      const [machine] = await pending();
      for (const name of ['ser0001', '52-54-00-00-00-01']) {
        const { steps, profiles } = Explanation.parse(await (await call('GET', `/explain/${name}`)).json());
        expect(steps.find(({ step }) => step === 'place')).to.deep.include({ answer: 'none' });
        expect(steps.find(({ step }) => step === 'place')?.rule).to.include(`code ${machine?.code}`);
        expect(profiles?.map((profile) => `${profile.name} ${profile.verdict}`)).to.deep.equal([
          'core takes',
          'default later',
        ]);
      }
      expect(await pending()).to.have.length(1);
    });

    it('is simulated: it would wait, and nothing is noted', async () => {
      const simulated = async () => {
        const answer = await call('POST', '/simulations', { serial: 'ser0009' });
        return Simulation.parse(await answer.json()).steps.find(({ step }) => step === 'place');
      };
      expect((await simulated())?.fault).to.include('newHosts.mode is pending');
      expect(await pending()).to.deep.equal([]);
    });

    it('is told of in the events, and counted', async () => {
      await get(boot('SER0001', 'product=R740'));
      await call('POST', '/pending/ser0001/reject');
      const { events } = (await (await call('GET', '/events')).json()) as {
        events: Record<string, string>[];
      };
      expect(events.map(({ kind, code, serial, author }) => [kind, code, serial, author])).to.deep.equal([
        ['pending', 'waiting', 'ser0001', undefined],
        ['pending', 'rejected', 'ser0001', 'claimed:anna'],
      ]);
      const metrics = await (await fetch(`${house.operatorUrl}/metrics`)).text();
      expect(metrics).to.include('imago_pending_machines{state="waiting"} 0');
      expect(metrics).to.include('imago_pending_machines{state="rejected"} 1');
      expect(metrics).to.include('imago_machines_turned_away_total{reason="pending"} 1');
    });
  });

  describe('where newHosts.mode is listed', () => {
    beforeEach(() => open('newHosts: { mode: listed }'));

    it('waits with the reason, is not shown, and is taken up once an operator adds it', async () => {
      expect(await get(boot('SER0001'))).to.include(
        'newHosts.mode is listed: this machine has to be named under hosts, or added with imagoctl add ser0001',
      );
      expect(await pending()).to.deep.equal([]);
      expect(house.store.recorded).to.deep.equal([]);
      await call('POST', '/hosts', { serial: 'ser0001' });
      expect(await get(boot('SER0001'))).to.include('kernel ');
    });

    it('is explained and simulated', async () => {
      const { steps } = Explanation.parse(await (await call('GET', '/explain/ser0001')).json());
      expect(steps.find(({ step }) => step === 'place')?.rule).to.include('newHosts.mode is listed');
      const simulation = Simulation.parse(
        await (await call('POST', '/simulations', { serial: 'ser0001' })).json(),
      );
      expect(simulation.steps.find(({ step }) => step === 'place')?.fault).to.include(
        'newHosts.mode is listed',
      );
    });
  });

  describe('where profiles have conditions', () => {
    const config = houseConfig.replace(
      /profiles:[^]*?hosts:/,
      `profiles:
  - { name: storage, osVersion: v1, quantity: 1, match: { product: 'R7*', disks: { minCount: 4 } } }
  - { name: other, osVersion: v1, boot: { kernel: other }, match: { disks: { maxCount: 0 } } }
  - { name: big, osVersion: v1, match: { memory: { minGigabytes: 64 } } }
  - { name: default, osVersion: v1 }
hosts:`,
    );
    const disks = (count: number) =>
      Array.from({ length: count }, (_, place) => ({ Name: `sd${place}`, Bytes: 1e12 }));
    const describeMachine = async (serial: string, told: object, booted: string) =>
      (
        await fetch(`${house.url}/first-stage-script/${serial}?booted=${booted}`, {
          method: 'POST',
          body: JSON.stringify({ Serial: serial, NetDevs: [], ...told }),
        })
      ).text();
    const host = async (serial: string) =>
      (await (await call('GET', `/hosts/${serial}`)).json()) as Record<string, unknown>;
    beforeEach(() => open('', config));

    it('gets the first whose conditions all hold by what its firmware tells', async () => {
      await get(boot('SER0001', 'product=X1&memsize=65536'));
      expect(await host('ser0001')).to.deep.include({ profile: 'big', isProfileTentative: true });
    });

    it('is asked again once its installer has told its disks, before its first stage', async () => {
      await get(boot('SER0001', 'product=R740&memsize=65536'));
      expect(await get('/first-stage-script/SER0001')).to.include('exec sh "$work/first-stage"');
      const script = await describeMachine('SER0001', { Disks: disks(4) }, 'big');
      expect(script).to.include('Installs this machine');
      const known = await host('ser0001');
      expect(known).to.deep.include({ profile: 'storage', state: 'configured' });
      expect(known).not.to.have.property('isProfileTentative');
      expect(await get('/first-stage-script/SER0001')).to.include('Installs this machine');
      expect(house.store.storyOf('ser0001').slice(-2)).to.deep.equal([
        'collected host hardware',
        'updated host profile and metadata',
      ]);
    });

    it('boots again where the profile that it has then boots another installer', async () => {
      await get(boot('SER0001', 'product=X1'));
      const script = await describeMachine('SER0001', { Disks: [] }, 'default');
      expect(script).to.include('reboot -f').and.include('the profile of this machine is other');
      expect((await host('ser0001'))['profile']).to.equal('other');
    });

    it('keeps its profile where no earlier one takes it, and that is final', async () => {
      await get(boot('SER0001', 'product=X1'));
      await describeMachine('SER0001', { MemoryBytes: 8e9, Disks: disks(1) }, 'default');
      const known = await host('ser0001');
      expect(known['profile']).to.equal('default');
      expect(known).not.to.have.property('isProfileTentative');
      await describeMachine('SER0001', { Disks: disks(4), Product: 'R740' }, 'default');
      expect((await host('ser0001'))['profile']).to.equal('default');
    });

    it('keeps its profile where its installer is of a kind that tells nothing', async () => {
      await get(boot('SER0001', 'product=R740'));
      await describeMachine('SER0001', {}, 'default');
      expect(await host('ser0001')).to.deep.include({ profile: 'default', hardware: { product: 'R740' } });
    });

    it('keeps a profile that an operator set, whatever it tells', async () => {
      await get(boot('SER0001', 'product=R740'));
      await call('PATCH', '/hosts/ser0001', { profile: 'big' });
      expect(await get('/first-stage-script/SER0001')).to.include('Installs this machine');
      await describeMachine('SER0001', { Disks: disks(4) }, 'big');
      expect((await host('ser0001'))['profile']).to.equal('big');
    });

    it('gets the next where others have filled the first', async () => {
      for (const serial of ['SER0001', 'SER0002']) {
        await get(boot(serial, 'product=R740&memsize=65536'));
        await describeMachine(serial, { Disks: disks(4) }, 'big');
      }
      expect((await host('ser0002'))['profile']).to.equal('big');
    });

    it('is explained: which condition failed, what was wanted, and what was found', async () => {
      await get(boot('SER0001', 'product=X1&memsize=32768'));
      await describeMachine('SER0001', { Disks: disks(2) }, 'default');
      const { profiles } = Explanation.parse(await (await call('GET', '/explain/ser0001')).json());
      expect(profiles).to.deep.equal([
        {
          name: 'storage',
          verdict: 'fails',
          hosts: 0,
          quantity: 1,
          conditions: [
            { field: 'product', wanted: 'R7*', found: 'X1', verdict: 'fails' },
            { field: 'disks', wanted: '4 or more', found: '2', verdict: 'fails' },
          ],
        },
        {
          name: 'other',
          verdict: 'fails',
          hosts: 0,
          conditions: [{ field: 'disks', wanted: '0 or less', found: '2', verdict: 'fails' }],
        },
        {
          name: 'big',
          verdict: 'fails',
          hosts: 0,
          conditions: [{ field: 'memory', wanted: '64 GB or more', found: '34.4 GB', verdict: 'fails' }],
        },
        { name: 'default', verdict: 'takes', hosts: 0, conditions: [] },
      ]);
    });

    it('is explained though it was never seen, by what it is thought to say', async () => {
      const path = '/explain/new1?label=product%3DR740&label=memsize%3D65536';
      const { profiles } = Explanation.parse(await (await call('GET', path)).json());
      expect(profiles?.map((profile) => `${profile.name} ${profile.verdict}`)).to.deep.equal([
        'storage unknown',
        'other unknown',
        'big takes',
        'default later',
      ]);
    });

    it('is simulated with the script by which it tells what it is made of', async () => {
      const answer = await call('POST', '/simulations', { serial: 'new1', label: ['product=R740'] });
      const { steps } = Simulation.parse(await answer.json());
      expect(steps.map(({ step }) => step)).to.include('describe');
    });
  });
});
