import { expect } from 'chai';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { CertificateAuthority, type CertificateOnDisk } from '../support/certificates.js';
import { DaemonLab } from '../support/daemon-lab.js';
import { pythonCalls, type Fields, type PythonCall } from '../support/python-grpc.js';

const group: Fields = [
  [1, 'node1'],
  [3, 'etcd'],
  [
    4,
    [
      [1, 'mac'],
      [2, '52:54:00:00:00:01'],
    ],
  ],
  [5, '{"b": 1,  "a": "ü"}'],
];
const profile: Fields = [
  [1, 'etcd'],
  [
    5,
    [
      [1, '/assets/vmlinuz'],
      [2, '/assets/initrd'],
      [4, 'quiet'],
    ],
  ],
];

const matchbox = (path: string, ...fields: Fields): PythonCall => ({ path: `/rpcpb.${path}`, fields });
const pxeInit = (name: string, ...fields: Fields): PythonCall => ({
  path: `/imago.pxe_init.v1.PxeInit/${name}`,
  fields,
});

describe('the daemon is called by gRPC', function () {
  this.timeout(60_000);
  let lab: DaemonLab;
  let ca: CertificateAuthority;
  let alice: CertificateOnDisk;

  before(async () => {
    ca = CertificateAuthority.create();
    alice = ca.client('/CN=alice');
    lab = await DaemonLab.create('rpc');
    ca.server('10.75.0.1');
    // Relative paths start from the folder that holds that of the configuration.
    for (const file of ['server.crt', 'server.key', 'ca.crt'])
      copyFileSync(join(ca.folder, file), join(lab.folder, file));
    const files = 'certificate: server.crt, key: server.key, clientCa: ca.crt';
    lab.configure((text) =>
      text.replace(
        /^listeners:$/m,
        `matchbox: { records: true }\npxeInit: { enabled: true }\nlisteners:\n  matchbox: { grpc: { ${files} } }\n  pxeInit: { port: 8090, grpc: { trusted: true } }`,
      ),
    );
    await lab.start();
    await lab.onClient('ip', 'addr', 'add', '10.75.0.150/24', 'dev', 'eth0');
  });
  after(async () => {
    await lab.remove();
    ca.remove();
  });

  const within = () => ['ip', 'netns', 'exec', lab.client];
  const asAlice = (...calls: PythonCall[]) =>
    pythonCalls({ address: '10.75.0.1:8081', ca: ca.certificate, as: alice, within: within() }, calls);
  const fetched = async (url: string) => (await lab.onClient('curl', '-s', url)).stdout;

  it('each put and delete is a commit, by the name of the certificate, and boots machines at once', async () => {
    const outcomes = await asAlice(
      matchbox('Profiles/ProfilePut', [1, profile]),
      matchbox('Groups/GroupPut', [1, group]),
      matchbox('Groups/GroupGet', [1, 'node1']),
      matchbox('Generic/GenericPut', [1, 'script'], [2, { hex: '00ff0d0a' }]),
      matchbox('Generic/GenericDelete', [1, 'script']),
    );
    expect(outcomes.map(({ code, details }) => `${code} ${details}`.trim())).to.deep.equal(
      outcomes.map(() => 'OK'),
    );
    expect(outcomes[2]?.answer).to.equal(outcomes[1]?.sent);
    const { stdout } = await lab.git('log', '--format=%an %s', '-4', '--reverse');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/:.*/, '')),
    ).to.deep.equal([
      'alice profiles/etcd',
      'alice groups/node1',
      'alice generic/script',
      'alice generic/script',
    ]);
    const script = await fetched('http://10.75.0.1:8080/ipxe?mac=52-54-00-00-00-01');
    expect(script).to.equal('#!ipxe\nkernel /assets/vmlinuz quiet\ninitrd /assets/initrd\nboot\n');
  });

  it('what was put is there after a kill', async () => {
    await lab.stop('SIGKILL');
    await lab.start();
    const [outcome] = await asAlice(
      matchbox('Select/SelectGroup', [
        1,
        [
          [1, 'mac'],
          [2, '52:54:00:00:00:01'],
        ],
      ]),
    );
    expect(outcome?.code).to.equal('OK');
    expect(Buffer.from(outcome?.answer ?? '', 'hex').toString()).to.include('{"b": 1,  "a": "ü"}');
  });

  it('without a certificate of the CA nothing is called', async () => {
    const [outcome] = await pythonCalls({ address: '10.75.0.1:8081', ca: ca.certificate, within: within() }, [
      matchbox('Groups/GroupDelete', [1, 'node1']),
    ]);
    expect(outcome?.code).to.equal('UNAVAILABLE');
    expect(lab.log()).to.include('"reason":"no-certificate"');
  });

  it('takes up other certificates without a restart', async () => {
    const other = CertificateAuthority.create('another CA');
    other.server('10.75.0.1');
    for (const file of ['server.crt', 'server.key', 'ca.crt'])
      copyFileSync(join(other.folder, file), join(lab.folder, file));
    const bob = {
      address: '10.75.0.1:8081',
      ca: other.certificate,
      as: other.client('/CN=bob'),
      within: within(),
    };
    const call = matchbox('Groups/GroupList');
    // Files are looked at once a second.
    let code = '';
    while (code !== 'OK') [{ code } = { code: '' }] = await pythonCalls(bob, [call]);
    expect((await asAlice(call))[0]?.code).to.equal('UNAVAILABLE');
    other.remove();
  });

  it('ties machines to images of pxe-init', async () => {
    const image: Fields = [
      [1, 'fcos'],
      [2, 'http://files.example.net/kernel'],
      [3, 'http://files.example.net/initrd'],
      [4, 'http://files.example.net/rootfs'],
    ];
    const outcomes = await pythonCalls({ address: '10.75.0.1:5000', within: within() }, [
      pxeInit('RegisterImage', [1, image]),
      pxeInit('RegisterMachineImage', [1, '52:54:00:00:00:07'], [2, 'fcos']),
      pxeInit('RegisterMachineImage', [1, '52:54:00:00:00:08'], [2, 'none']),
      pxeInit('ListImages'),
    ]);
    expect(outcomes.map(({ code }) => code)).to.deep.equal(['OK', 'OK', 'NOT_FOUND', 'OK']);
    expect(outcomes[3]?.answer).to.equal(outcomes[0]?.sent);
    const script = await fetched('http://10.75.0.1:8090/ipxe?mac=52:54:00:00:00:07');
    expect(script).to.include(
      'kernel http://files.example.net/kernel coreos.live.rootfs_url=http://files.example.net/rootfs',
    );
    const { stdout } = await lab.git('log', '-1', '--format=%an');
    expect(stdout.trim()).to.equal('10.75.0.150');
  });

  it('counts calls', async () => {
    const metrics = await fetched('http://10.75.0.1:4080/metrics');
    expect(metrics).to.include(
      'imago_grpc_calls_total{call="imago.pxe_init.v1.PxeInit/RegisterMachineImage",status="NOT_FOUND"} 1',
    );
    expect(metrics).to.match(/imago_grpc_connections\{api="matchbox"\} \d/);
  });
});
