import { expect } from 'chai';
import { lineOfJsonFault, saidOfJson } from '../../src/json-fault.js';
import { parseGroup } from '../../src/dialects/matchbox/group.js';
import { parseHostFile } from '../../src/host/host-json.js';

describe('the line of what is no JSON', () => {
  for (const { text, line } of [
    { text: '{\n "id":"t2",\n "profile": controller,\n "metadata": {}\n}\n', line: 3 },
    { text: '{\n"a": 1,\n}\n', line: 3 },
    { text: '[\n1\n2\n]', line: 3 },
    { text: '[\n1,\n\n,2]', line: 4 },
    { text: '{\n"a": [1, {"b": tru}]\n}', line: 2 },
    { text: '{"a":\n"b\nc"}', line: 2 },
    { text: '{\n"a": "\\x"\n}', line: 2 },
    { text: '{"a": 1\n,"b" 2\n}', line: 2 },
    { text: '{"a": 1,\n"b": 01\n}', line: 2 },
    { text: '{"a": 1}\n\n}\n', line: 3 },
    { text: '{\n{}: 1}', line: 2 },
    { text: '[1\n}', line: 2 },
    { text: "{\n'a': 1}", line: 2 },
    { text: '\n\u00a0{}', line: 2 },
    { text: '{\n"kernel":\n\n', line: 2 },
    { text: '{\n"kernel": "unended\n', line: 2 },
    { text: '', line: 1 },
    { text: 'none', line: 1 },
  ]) {
    it(`${JSON.stringify(text)}: ${line}`, () => {
      expect(() => void JSON.parse(text)).to.throw(SyntaxError);
      expect(lineOfJsonFault(text)).to.equal(line);
    });
  }

  it('is never before the end of what JSON.parse takes', () => {
    for (const value of [
      null,
      true,
      -1.5e-7,
      'a"\\\n\u007f\u0085\u2028\ud800\u{1f680}',
      [],
      {},
      [[{ a: [{}, []], '': 1 }]],
    ]) {
      const text = JSON.stringify({ value, more: [value, value] }, null, 2).replaceAll('\\ud800', '\ud800');
      expect(lineOfJsonFault(`${text}\n!`)).to.equal(text.split('\n').length + 1);
    }
  });

  it('is found in nesting that no parser takes, and in long texts', () => {
    expect(lineOfJsonFault(`${'[\n'.repeat(200_000)}!`)).to.equal(200_001);
    expect(lineOfJsonFault(`"${'\\n'.repeat(500_000)}"\nx`)).to.equal(2);
  });

  it('is told of groups and of hosts', () => {
    const text = '{\n "id":"t2",\n "profile": controller,\n "metadata": {}\n}\n';
    expect(() => parseGroup(text, 'groups/t2.json', 't2')).to.throw(
      /^groups\/t2\.json:3: '"profile": controller,' is no JSON: .+$/,
    );
    expect(() => parseHostFile(text, 'a.json')).to.throw(/^a\.json:3: /);
  });

  it('comes with one line of what JSON.parse said', () => {
    const said = saidOfJson(
      new SyntaxError('Unexpected token \'c\', "{\n "id":\u2028\u001b"... is not valid JSON'),
    );
    expect(said).to.equal('Unexpected token \'c\', "{ "id": \ufffd"... is not valid JSON');
  });
});
