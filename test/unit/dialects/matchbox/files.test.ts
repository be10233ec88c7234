import { expect } from 'chai';
import fc from 'fast-check';
import { compareBytes, goJson } from '../../../../src/dialects/matchbox/go-json.js';
import { formatGroup, parseGroup, type Group } from '../../../../src/dialects/matchbox/group.js';
import { formatProfile, parseProfile } from '../../../../src/dialects/matchbox/profile.js';
import { completeGroup, completeProfile } from '../../../../src/dialects/matchbox/complete.js';
import { InvalidRecord } from '../../../../src/host/record-kind.js';

const GROUP = `{
\t"id": "node1",
\t"name": "first node",
\t"profile": "etcd3",
\t"selector": {
\t\t"mac": "52:54:00:a1:9c:ae",
\t\t"os": "installed"
\t},
\t"metadata": {
\t\t"domain_name": "node1.example.com",
\t\t"empty": {},
\t\t"etcd_initial_cluster": "node1=http://node1:2380?a=1\\u0026b=2",
\t\t"list": [
\t\t\t1,
\t\t\ttrue,
\t\t\tnull
\t\t]
\t}
}`;

const group: Group = {
  id: 'node1',
  name: 'first node',
  profile: 'etcd3',
  selector: { mac: '52:54:00:a1:9c:ae', os: 'installed' },
  metadata:
    '{"domain_name":"node1.example.com","empty":{},"etcd_initial_cluster":"node1=http://node1:2380?a=1\\u0026b=2","list":[1,true,null]}',
};

const PROFILE = `{
\t"id": "etcd3",
\t"name": "etcd",
\t"ignition_id": "etcd3.yaml",
\t"cloud_id": "c.yaml",
\t"boot": {
\t\t"kernel": "/assets/vmlinuz",
\t\t"initrd": [
\t\t\t"--name main /assets/initrd"
\t\t],
\t\t"args": [
\t\t\t"initrd=main",
\t\t\t"coreos.config.url=http://m:8080/ignition?uuid=\${uuid}\\u0026mac=\${mac:hexhyp}"
\t\t]
\t},
\t"generic_id": "g.tmpl"
}`;

const profile = {
  id: 'etcd3',
  name: 'etcd',
  ignitionId: 'etcd3.yaml',
  cloudId: 'c.yaml',
  genericId: 'g.tmpl',
  boot: {
    kernel: '/assets/vmlinuz',
    initrd: ['--name main /assets/initrd'],
    args: ['initrd=main', 'coreos.config.url=http://m:8080/ignition?uuid=${uuid}&mac=${mac:hexhyp}'],
  },
};

describe('files of matchbox', () => {
  it('a group, as matchbox writes it', () => {
    expect(parseGroup(GROUP, 'groups/node1.json', 'node1')).to.deep.equal(group);
    expect(formatGroup(group)).to.equal(GROUP);
  });

  it('a profile, as matchbox writes it', () => {
    expect(parseProfile(PROFILE, 'profiles/etcd3.json')).to.deep.equal(profile);
    expect(formatProfile(profile)).to.equal(PROFILE);
  });

  it('fields that are empty are left out, but a boot that is there', () => {
    expect(formatGroup({ id: 'a', name: '', profile: 'p', selector: {} })).to.equal(
      '{\n\t"id": "a",\n\t"profile": "p"\n}',
    );
    const boot = { kernel: '', initrd: [], args: [] };
    const bare = { id: 'a', name: '', ignitionId: '', cloudId: '', genericId: '' };
    expect(formatProfile(bare)).to.equal('{\n\t"id": "a"\n}');
    expect(formatProfile({ ...bare, boot })).to.equal('{\n\t"id": "a",\n\t"boot": {}\n}');
    expect(parseProfile('{"id":"a","boot":{}}', 'a.json')).to.deep.equal({ ...bare, boot });
  });

  for (const { name, text, is } of [
    { name: 'without an id, its file names it', text: '{"profile":"p"}', is: { id: 'file', profile: 'p' } },
    { name: 'names in any case', text: '{"ID":"a","Profile":"p"}', is: { id: 'a', profile: 'p' } },
    {
      name: 'a null is nothing',
      text: '{"id":"a","name":null,"selector":null,"metadata":null}',
      is: { id: 'a' },
    },
    { name: 'a file of null', text: 'null', is: { id: 'file' } },
    { name: 'fields that matchbox does not know', text: '{"id":"a","comment":[1]}', is: { id: 'a' } },
    {
      name: 'a mac in any form and case',
      text: '{"selector":{"MAC":"52-54-00-00-00-0A"}}',
      is: { id: 'file', selector: { MAC: '52:54:00:00:00:0a' } },
    },
  ]) {
    it(`a group: ${name}`, () => {
      const all = { name: '', profile: '', selector: {}, ...is };
      expect(parseGroup(text, 'groups/file.json', 'file')).to.deep.equal(all);
    });
  }

  const faulty: { text: string; says: RegExp }[] = [
    { text: '{\n"id": 3}', says: /^groups\/a\.json:2: id: '3' is no text/ },
    { text: '{"id": "a",\n}', says: /^groups\/a\.json:2: '}' is no JSON/ },
    { text: '', says: /^groups\/a\.json:1: '' is no JSON/ },
    { text: '[]', says: /^groups\/a\.json:1: '\[\]' is no table/ },
    { text: '{"id":"a",\n"selector": ["x"]}', says: /^groups\/a\.json:2: selector: '\["x"\]' is no table/ },
    { text: '{"id":"a",\n"selector": {"n": 1}}', says: /^groups\/a\.json:2: selector\.n: '1' is no text/ },
    {
      text: '{"id":"a",\n"selector": {\n"mac": "52:54"}}',
      says: /^groups\/a\.json:3: selector\.mac: '52:54' is no hardware address/,
    },
    { text: '{"id":"a",\n\n"metadata": "x"}', says: /^groups\/a\.json:3: metadata: 'x' is no table/ },
    {
      text: `{"metadata":{"a":${'['.repeat(70)}${']'.repeat(70)}}}`,
      says: /^groups\/a\.json:1: .* is nested more than 64 levels deep/,
    },
  ];
  for (const { text, says } of faulty) {
    it(`refuses ${JSON.stringify(text.slice(0, 40))}`, () =>
      expect(() => parseGroup(text, 'groups/a.json', 'a')).to.throw(InvalidRecord, says));
  }

  for (const { text, says } of [
    { text: '{"name":"a"}', says: /^p\.json:1: id: is not there: a profile needs one/ },
    { text: '{"id":"a",\n"boot": []}', says: /^p\.json:2: boot: '\[\]' is no table/ },
    { text: '{"id":"a",\n"boot":\n{"args": "x"}}', says: /^p\.json:3: boot\.args: 'x' is no list/ },
    { text: '{"id":"a",\n"boot": {"initrd": [\n7]}}', says: /^p\.json:3: boot\.initrd: '7' is no text/ },
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () =>
      expect(() => parseProfile(text, 'p.json')).to.throw(InvalidRecord, says));
  }

  it('any group that may be kept comes back as it was written', () => {
    const metadata = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })).map((table) => goJson(table));
    const groups = fc.record({
      id: fc.string({ minLength: 1 }),
      name: fc.string(),
      profile: fc.string({ minLength: 1 }),
      selector: fc.dictionary(fc.string(), fc.string()),
      metadata,
    });
    fc.assert(
      fc.property(groups, (made) => {
        fc.pre(!Object.keys(made.selector).some((key) => key.toLowerCase() === 'mac'));
        const { metadata: text, ...rest } = parseGroup(formatGroup(completeGroup(made)), 'a.json', 'a');
        expect(rest).to.deep.equal({
          id: made.id,
          name: made.name,
          profile: made.profile,
          selector: made.selector,
        });
        expect(text ?? '{}').to.equal(made.metadata);
      }),
    );
  });

  it('keys are in the order of their bytes, numbers and markup as Go has them', () => {
    expect(
      goJson({ b: 1, 10: 2, 9: 3, '\u{ffff}': 4, '𝄞': 5, a: [1.5, 1e21, -0, 1e-7], '<&>': '\u2028' }),
    ).to.equal(
      '{"10":2,"9":3,"\\u003c\\u0026\\u003e":"\\u2028","a":[1.5,1e+21,-0,1e-7],"b":1,"\u{ffff}":4,"𝄞":5}',
    );
    expect(compareBytes('a', 'a')).to.equal(0);
  });

  for (const { name, fault } of [
    { name: 'a group without an id', fault: () => completeGroup({ ...group, id: '' }) },
    { name: 'a group without a profile', fault: () => completeGroup({ ...group, profile: '' }) },
    { name: 'metadata that is no JSON', fault: () => completeGroup({ ...group, metadata: '{' }) },
    { name: 'metadata that is no table', fault: () => completeGroup({ ...group, metadata: '[]' }) },
    { name: 'a selector without address', fault: () => completeGroup({ ...group, selector: { mac: 'x' } }) },
    { name: 'a profile without an id', fault: () => completeProfile({ ...profile, id: '' }) },
  ]) {
    it(`does not keep ${name}`, () => expect(fault).to.throw(InvalidRecord));
  }
});
