import { expect } from 'chai';
import fc from 'fast-check';
import { matchboxMethods } from '../../../../src/dialects/matchbox/rpc/methods.js';
import { refusalOf } from '../../../../src/grpc/status.js';
import { protoCalls } from '../../../support/proto-calls.js';
import { MemoryBook } from './memory-book.js';

const published = protoCalls('rpc.proto', 'proto/matchbox');
const caller = { address: '10.75.0.9', name: 'terraform' };

/** What protobuf.js makes of what is left out. */
const emptyGroup = { id: '', name: '', profile: '', selector: {}, metadata: Buffer.alloc(0) };
const emptyProfile = { id: '', name: '', ignition_id: '', cloud_id: '', boot: null, generic_id: '' };

describe("matchbox's API", () => {
  let book: MemoryBook;
  beforeEach(() => (book = new MemoryBook()));

  const raw = async (path: string, request: Uint8Array): Promise<Buffer> => {
    const method = matchboxMethods(book).find((one) => one.path === path);
    if (!method) throw new Error(`there is no ${path}`);
    return method.answer(request, caller);
  };
  /** Spoken with protobuf.js and the published files. */
  const call = async (service: string, name: string, request: object = {}): Promise<object> => {
    const path = `/rpcpb.${service}/${name}`;
    const { requestSerialize, responseDeserialize } = published.get(path)!;
    return plain(responseDeserialize(await raw(path, requestSerialize(request))));
  };
  const refusal = async (service: string, name: string, request: object = {}) =>
    call(service, name, request).then(
      () => 'answered',
      (error: unknown) => {
        const { status, message } = refusalOf(error, () => 'UNKNOWN');
        return `${status}: ${message}`;
      },
    );

  it('has the calls that are published, and no others', () => {
    expect(matchboxMethods(book).map(({ path }) => path)).to.have.members([...published.keys()]);
    expect(published.size).to.equal(16);
  });

  it('keeps groups: put, get, list, delete, each change by the name of a certificate', async () => {
    const group = {
      id: 'node1',
      name: 'first',
      profile: 'etcd',
      selector: { mac: '52:54:00:a1:9c:ae', os: 'installed' },
      metadata: Buffer.from('{"b":1, "a": [ "ü" ]}'),
    };
    expect(await call('Groups', 'GroupPut', { group })).to.deep.equal({});
    await call('Groups', 'GroupPut', { group: { id: 'default', profile: 'etcd' } });
    expect(await call('Groups', 'GroupGet', { id: 'node1' })).to.deep.equal({ group });
    expect(await call('Groups', 'GroupList')).to.deep.equal({
      groups: [{ ...emptyGroup, id: 'default', profile: 'etcd' }, group],
    });
    expect(await call('Groups', 'GroupDelete', { id: 'node1' })).to.deep.equal({});
    expect(await refusal('Groups', 'GroupGet', { id: 'node1' })).to.equal(
      'UNKNOWN: there is no group "node1"',
    );
    expect(book.told).to.deep.equal([
      'put groups/node1 by terraform',
      'put groups/default by terraform',
      'delete groups/node1 by terraform',
    ]);
  });

  it('keeps profiles: put, get, list, delete', async () => {
    const profile = {
      id: 'etcd',
      name: 'etcd',
      ignition_id: 'etcd.yaml',
      cloud_id: '',
      generic_id: 'etcd.generic',
      boot: {
        kernel: '/assets/vmlinuz',
        initrd: ['--name main /assets/initrd', ''],
        args: ['initrd=main', 'quiet'],
      },
    };
    expect(await call('Profiles', 'ProfilePut', { profile })).to.deep.equal({});
    await call('Profiles', 'ProfilePut', { profile: { id: 'bare' } });
    await call('Profiles', 'ProfilePut', { profile: { id: 'empty', boot: {} } });
    expect(await call('Profiles', 'ProfileGet', { id: 'etcd' })).to.deep.equal({ profile });
    expect(await call('Profiles', 'ProfileList')).to.deep.equal({
      profiles: [
        { ...emptyProfile, id: 'bare' },
        { ...emptyProfile, id: 'empty', boot: { kernel: '', initrd: [], args: [] } },
        profile,
      ],
    });
    expect(await call('Profiles', 'ProfileDelete', { id: 'etcd' })).to.deep.equal({});
    expect(await refusal('Profiles', 'ProfileGet', { id: 'etcd' })).to.equal(
      'UNKNOWN: there is no profile "etcd"',
    );
    expect(book.told.at(-1)).to.equal('delete profiles/etcd by terraform');
  });

  for (const service of ['Ignition', 'Generic']) {
    it(`keeps ${service} templates byte for byte: put, get, delete`, async () => {
      const config = Buffer.from([0, 0xff, 0xfe, 13, 10, 0xc3]);
      expect(await call(service, `${service}Put`, { name: 'a.ign', config })).to.deep.equal({});
      expect(await call(service, `${service}Get`, { name: 'a.ign' })).to.deep.equal({ config });
      await call(service, `${service}Put`, { name: 'empty' });
      expect(await call(service, `${service}Get`, { name: 'empty' })).to.deep.equal({
        config: Buffer.alloc(0),
      });
      expect(await call(service, `${service}Delete`, { name: 'a.ign' })).to.deep.equal({});
      const gone = `UNKNOWN: there is no ${service} template "a.ign"`;
      expect(await refusal(service, `${service}Get`, { name: 'a.ign' })).to.equal(gone);
      expect(await refusal(service, `${service}Delete`, { name: 'a.ign' })).to.equal(gone);
      const folder = service.toLowerCase();
      expect(book.told).to.deep.equal([
        `put ${folder}/a.ign by terraform`,
        `put ${folder}/empty by terraform`,
        `delete ${folder}/a.ign by terraform`,
      ]);
    });
  }

  it('selects the group and the profile of a machine', async () => {
    const profile = { ...emptyProfile, id: 'etcd', boot: { kernel: 'k', initrd: [], args: [] } };
    const group = { ...emptyGroup, id: 'a', profile: 'etcd', selector: { os: 'installed' } };
    await call('Groups', 'GroupPut', { group });
    await call('Profiles', 'ProfilePut', { profile });
    const labels = { os: 'installed', mac: '52:54:00:00:00:01' };
    expect(await call('Select', 'SelectGroup', { labels })).to.deep.equal({ group });
    expect(await call('Select', 'SelectProfile', { labels })).to.deep.equal({ profile });
    for (const name of ['SelectGroup', 'SelectProfile'])
      expect(await refusal('Select', name, { labels: { os: 'none' } })).to.equal(
        'NOT_FOUND: matchbox: No matching Group',
      );
    await call('Profiles', 'ProfileDelete', { id: 'etcd' });
    expect(await refusal('Select', 'SelectProfile', { labels })).to.equal(
      'NOT_FOUND: matchbox: No matching Profile',
    );
  });

  const refused = [
    { service: 'Groups', name: 'GroupPut', request: {}, says: "UNKNOWN: id: '' is empty: it is required" },
    {
      service: 'Groups',
      name: 'GroupPut',
      request: { group: { id: 'a' } },
      says: "UNKNOWN: profile: '' is empty: it is required",
    },
    {
      service: 'Groups',
      name: 'GroupPut',
      request: { group: { id: 'a', profile: 'b', metadata: Buffer.from('[') } },
      says: "UNKNOWN: metadata: '[' is no table in JSON",
    },
    {
      service: 'Groups',
      name: 'GroupPut',
      request: { group: { id: 'a', profile: 'b', metadata: Buffer.from([0x22, 0xff, 0x22]) } },
      says: 'UNKNOWN: metadata: it is no UTF-8',
    },
    { service: 'Groups', name: 'GroupDelete', request: { id: 'a' }, says: 'UNKNOWN: there is no group "a"' },
    {
      service: 'Profiles',
      name: 'ProfilePut',
      request: {},
      says: "UNKNOWN: id: '' is empty: it is required",
    },
    {
      service: 'Profiles',
      name: 'ProfileDelete',
      request: { id: 'a' },
      says: 'UNKNOWN: there is no profile "a"',
    },
  ];
  for (const { service, name, request, says } of refused) {
    it(`refuses ${name} of ${JSON.stringify(request)}`, async () => {
      expect(await refusal(service, name, request)).to.equal(says);
      expect(book.told).to.deep.equal([]);
    });
  }

  it('leaves out what is empty, as Go writes it', async () => {
    const put = Buffer.from('0a08 0a0161 1a0162 2200'.replaceAll(' ', ''), 'hex');
    await raw('/rpcpb.Groups/GroupPut', put);
    // The entry of the selector has both its sides.
    const answer = await raw('/rpcpb.Groups/GroupGet', Buffer.from('0a0161', 'hex'));
    expect(answer.toString('hex')).to.equal('0a0c0a01611a016222040a001200');
    expect((await raw('/rpcpb.Groups/GroupPut', answer)).toString('hex')).to.equal('');
    await raw('/rpcpb.Profiles/ProfilePut', Buffer.from('0a030a0170', 'hex'));
    expect((await raw('/rpcpb.Profiles/ProfileList', Buffer.alloc(0))).toString('hex')).to.equal(
      '0a030a0170',
    );
    expect((await raw('/rpcpb.Ignition/IgnitionPut', Buffer.from('0a0169', 'hex'))).length).to.equal(0);
    expect((await raw('/rpcpb.Ignition/IgnitionGet', Buffer.from('0a0169', 'hex'))).length).to.equal(0);
  });

  it('gives back every group and profile as it was put', async () => {
    const text = fc.string({ unit: 'binary' });
    const id = text.filter((one) => one !== '');
    const groups = fc.record({
      id,
      name: text,
      profile: id,
      selector: fc.dictionary(
        text.filter((name) => name.toLowerCase() !== 'mac'),
        text,
      ),
      metadata: fc.dictionary(text, text).map((table) => Buffer.from(JSON.stringify(table))),
    });
    const lists = fc.array(text);
    const profiles = fc.record({
      id,
      name: text,
      ignition_id: text,
      cloud_id: text,
      generic_id: text,
      boot: fc.option(fc.record({ kernel: text, initrd: lists, args: lists }), { nil: null }),
    });
    await fc.assert(
      fc.asyncProperty(groups, profiles, async (group, profile) => {
        await call('Groups', 'GroupPut', { group });
        expect(await call('Groups', 'GroupGet', { id: group.id })).to.deep.equal({
          group: { ...group, selector: { ...group.selector } },
        });
        await call('Profiles', 'ProfilePut', { profile });
        expect(await call('Profiles', 'ProfileGet', { id: profile.id })).to.deep.equal({ profile });
      }),
      { numRuns: 20 },
    );
  });
});

/** Without the prototypes that protobuf.js gives its values. */
function plain(value: object): object {
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (Array.isArray(value)) return value.map((item: unknown) => (isObject(item) ? plain(item) : item));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      isObject(inner) ? plain(inner) : inner,
    ]),
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
