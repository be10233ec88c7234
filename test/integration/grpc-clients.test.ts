import { expect } from 'chai';
import { matchboxApi } from '../../src/dialects/matchbox/rpc/matchbox-api.js';
import { pxeInitApi } from '../../src/dialects/pxe-init/rpc/pxe-init-api.js';
import { CertificateAuthority, type CertificateOnDisk } from '../support/certificates.js';
import { openGrpcHouse, type GrpcHouse } from '../support/grpc-house.js';
import { netbootBook } from '../support/netboot-book.js';
import { pythonCalls, type Fields, type Outcome, type PythonCall } from '../support/python-grpc.js';
import { MemoryBook } from '../unit/dialects/matchbox/memory-book.js';

const group: Fields = [
  [1, 'node1'],
  [2, 'first'],
  [3, 'etcd'],
  [
    4,
    [
      [1, 'mac'],
      [2, '52:54:00:a1:9c:ae'],
    ],
  ],
  [5, '{"domain": "ü.example",  "n": [1.0]}'],
];
const profile: Fields = [
  [1, 'etcd'],
  [3, 'etcd.yaml'],
  [
    5,
    [
      [1, '/assets/vmlinuz'],
      [2, '/assets/initrd'],
      [2, '/assets/more'],
      [4, 'quiet'],
    ],
  ],
];
const ignition = { hex: '23676f207b7b202e6e616d65207d7d0d0aff00' };
const label = (name: string, value: string): Fields => [
  [
    1,
    [
      [1, name],
      [2, value],
    ],
  ],
];

const call = (path: string, ...fields: Fields): PythonCall => ({ path: `/rpcpb.${path}`, fields });
const inOneLine = ({ code, details }: Outcome) => `${code} ${details}`.trim();

describe('what others wrote calls imago by gRPC', function () {
  this.timeout(60_000);
  let ca: CertificateAuthority;
  let terraform: CertificateOnDisk;
  let house: GrpcHouse;
  let book: MemoryBook;

  before(() => {
    ca = CertificateAuthority.create();
    terraform = ca.client('/CN=terraform');
  });
  after(() => ca.remove());
  beforeEach(async () => {
    book = new MemoryBook();
    const tls = { ...ca.server(), clientCa: ca.certificate };
    const limits = { calls: 128, callsPerAddress: 64 };
    house = await openGrpcHouse({ ...matchboxApi(book), tls, limits });
  });
  afterEach(() => house.close());

  const made = (calls: readonly PythonCall[], atOnce = 1) =>
    pythonCalls(
      { address: `127.0.0.1:${house.server.port}`, ca: ca.certificate, as: terraform, atOnce },
      calls,
    );

  it('all sixteen calls of matchbox; what was put comes back byte for byte', async () => {
    const outcomes = await made([
      call('Groups/GroupPut', [1, group]),
      call('Groups/GroupGet', [1, 'node1']),
      call('Groups/GroupList'),
      call('Profiles/ProfilePut', [1, profile]),
      call('Profiles/ProfileGet', [1, 'etcd']),
      call('Profiles/ProfileList'),
      call('Select/SelectGroup', ...label('mac', '52:54:00:a1:9c:ae')),
      call('Select/SelectProfile', ...label('mac', '52:54:00:a1:9c:ae')),
      call('Ignition/IgnitionPut', [1, 'etcd.yaml'], [2, ignition]),
      call('Ignition/IgnitionGet', [1, 'etcd.yaml']),
      call('Ignition/IgnitionDelete', [1, 'etcd.yaml']),
      call('Generic/GenericPut', [1, 'script'], [2, ignition]),
      call('Generic/GenericGet', [1, 'script']),
      call('Generic/GenericDelete', [1, 'script']),
      call('Profiles/ProfileDelete', [1, 'etcd']),
      call('Groups/GroupDelete', [1, 'node1']),
    ]);
    expect(outcomes.map(inOneLine)).to.deep.equal(outcomes.map(() => 'OK'));
    const at = (index: number) => outcomes[index]!;
    for (const answered of [1, 2, 6]) expect(at(answered).answer).to.equal(at(0).sent);
    for (const answered of [4, 5, 7]) expect(at(answered).answer).to.equal(at(3).sent);
    // As its request, without the name.
    const config = `0a13${ignition.hex}`;
    for (const answered of [9, 12]) expect(at(answered).answer).to.equal(config);
    for (const changed of [0, 3, 8, 10, 11, 13, 14, 15]) expect(at(changed).answer).to.equal('');
    expect(book.told).to.have.length(8);
    expect(book.told.every((line) => line.endsWith(' by terraform'))).to.equal(true);
  });

  it('are told what cannot be done as matchbox tells it', async () => {
    const outcomes = await made([
      call('Select/SelectGroup', ...label('mac', '52:54:00:00:00:01')),
      call('Select/SelectProfile', ...label('mac', '52:54:00:00:00:01')),
      call('Groups/GroupPut', [1, group]),
      call('Select/SelectProfile', ...label('mac', '52:54:00:a1:9c:ae')),
      call('Groups/GroupGet', [1, 'nobody']),
      call('Profiles/ProfileDelete', [1, 'nobody']),
      call('Ignition/IgnitionGet', [1, 'nobody']),
      call('Profiles/ProfilePut'),
      call('Groups/Nothing'),
    ]);
    expect(outcomes.map(inOneLine)).to.deep.equal([
      'NOT_FOUND matchbox: No matching Group',
      'NOT_FOUND matchbox: No matching Group',
      'OK',
      'NOT_FOUND matchbox: No matching Profile',
      'UNKNOWN there is no group "nobody"',
      'UNKNOWN there is no profile "nobody"',
      'UNKNOWN there is no Ignition template "nobody"',
      "UNKNOWN id: '' is empty: it is required",
      'UNIMPLEMENTED The server does not implement the method /rpcpb.Groups/Nothing',
    ]);
  });

  it('come to no call without a certificate of the CA', async () => {
    const address = `127.0.0.1:${house.server.port}`;
    const other = CertificateAuthority.create('another CA');
    const callers = [
      { address, ca: ca.certificate },
      { address, ca: ca.certificate, as: other.client('/CN=terraform') },
      { address },
    ];
    for (const caller of callers) {
      const [outcome] = await pythonCalls(caller, [call('Profiles/ProfilePut', [1, profile])]);
      expect(outcome?.code).to.equal('UNAVAILABLE');
    }
    other.remove();
    expect(book.told).to.deep.equal([]);
    expect(house.told.every((told) => !told.startsWith('rpcpb.'))).to.equal(true);
  });

  it('may make many calls at once', async () => {
    const puts = Array.from({ length: 500 }, (_, number) =>
      call('Groups/GroupPut', [
        1,
        [
          [1, `node${number}`],
          [3, 'etcd'],
        ],
      ]),
    );
    const outcomes = await made(puts, 50);
    expect(new Set(outcomes.map(inOneLine))).to.deep.equal(new Set(['OK']));
    expect(await book.groups.list()).to.have.length(500);
  });

  it('may send what matchbox takes, and no more', async () => {
    const template = (length: number) =>
      call('Ignition/IgnitionPut', [1, 'large'], [2, { hex: '61'.repeat(length) }]);
    const outcomes = await made([template(4 * 1024 * 1024 - 20), template(4 * 1024 * 1024)]);
    expect(outcomes.map(({ code }) => code)).to.deep.equal(['OK', 'RESOURCE_EXHAUSTED']);
  });
});

describe('what others wrote calls pxe-init by gRPC', function () {
  this.timeout(60_000);
  const image: Fields = [
    [1, 'fcos'],
    [2, '/images/fcos/kernel'],
    [3, '/images/fcos/initrd.img'],
    [4, '/images/fcos/rootfs.img'],
    [5, 'console=ttyS0'],
    [5, 'quiet'],
  ];
  const machine: Fields = [
    [1, '52:54:00:00:00:01'],
    [2, 'fcos'],
  ];
  const own = (name: string, ...fields: Fields): PythonCall => ({
    path: `/imago.pxe_init.v1.PxeInit/${name}`,
    fields,
  });

  it('without TLS: all its calls', async () => {
    const house = await openGrpcHouse(pxeInitApi(netbootBook().book));
    const outcomes = await pythonCalls({ address: `127.0.0.1:${house.server.port}` }, [
      own('RegisterImage', [1, image]),
      own('ListImages'),
      own('RegisterMachineImage', ...machine),
      own('UnregisterImage', [1, 'fcos']),
      own('ListMachines'),
      own('RegisterMachineImage', [1, '52:54:00:00:00:02']),
      own('UntieMachine', [1, '52:54:00:00:00:01']),
      own('UnregisterImage', [1, 'fcos']),
      own('ListMachines'),
    ]);
    await house.close();
    expect(outcomes.map(inOneLine)).to.deep.equal([
      'OK',
      'OK',
      'OK',
      "FAILED_PRECONDITION 'fcos' is the image of 1 machine (52:54:00:00:00:01): tie them to another, or untie them",
      'OK',
      'OK',
      'OK',
      'OK',
      'OK',
    ]);
    expect(outcomes[1]?.answer).to.equal(outcomes[0]?.sent);
    expect(outcomes[4]?.answer).to.equal(`0a19${outcomes[2]?.sent}`);
    expect(outcomes[8]?.answer).to.equal(`0a13${outcomes[5]?.sent}`);
  });

  it('over TLS, whoever calls', async () => {
    const ca = CertificateAuthority.create();
    const { book, changesOfImage } = netbootBook();
    const house = await openGrpcHouse({ ...pxeInitApi(book), tls: ca.server() });
    const address = `127.0.0.1:${house.server.port}`;
    const [outcome] = await pythonCalls({ address, ca: ca.certificate }, [own('RegisterImage', [1, image])]);
    await house.close();
    ca.remove();
    expect(outcome?.code).to.equal('OK');
    expect(await changesOfImage('fcos')).to.deep.equal([['127.0.0.1', 'registered']]);
  });
});
