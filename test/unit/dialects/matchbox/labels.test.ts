import { expect } from 'chai';
import { labelsOf, normalMac } from '../../../../src/dialects/matchbox/labels.js';

describe('labels of a machine that asks matchbox', () => {
  for (const { query, labels } of [
    { query: '', labels: {} },
    { query: 'uuid=a&mac=52-54-00-00-00-0A', labels: { uuid: 'a', mac: '52:54:00:00:00:0a' } },
    {
      query: 'MAC=52:54:00:00:00:01&Mac=5254.0000.0002',
      labels: { MAC: '52:54:00:00:00:01', Mac: '52:54:00:00:00:02' },
    },
    { query: 'mac=52:54&os=installed', labels: { os: 'installed' } },
    { query: 'mac=&mac=52:54:00:00:00:01', labels: {} },
    { query: 'os=first&os=second', labels: { os: 'first' } },
    { query: 'bare&empty=&=nameless', labels: { bare: '', empty: '', '': 'nameless' } },
    { query: 'a=b+c%20d%2Be&f=%C3%A4', labels: { a: 'b c d+e', f: 'ä' } },
    { query: 'a=%zz&b=%4&c=1', labels: { c: '1' } },
    { query: 'a=1;b=2&c=3', labels: { c: '3' } },
    {
      query: 'a=b=c&&__proto__=x',
      labels: Object.fromEntries([
        ['a', 'b=c'],
        ['__proto__', 'x'],
      ]),
    },
    { query: 'a=%ff', labels: { a: '\u{fffd}' } },
  ]) {
    it(`of ${query || 'no query'}`, () => expect(Object.fromEntries(labelsOf(query))).to.deep.equal(labels));
  }

  it('tells of a mac that is none', () => {
    const ignored: string[] = [];
    labelsOf('mac=zz&MAC=1', (mac) => ignored.push(mac));
    expect(ignored).to.deep.equal(['zz', '1']);
  });

  for (const { text, mac } of [
    { text: '52:54:00:AB:cd:01', mac: '52:54:00:ab:cd:01' },
    { text: '5254.00ab.cd01', mac: '52:54:00:ab:cd:01' },
    { text: '02-00-5e-10-00-00-00-01', mac: '02:00:5e:10:00:00:00:01' },
    { text: '0200.5e10.0000.0001', mac: '02:00:5e:10:00:00:00:01' },
    { text: Array(20).fill('0a').join('-'), mac: Array(20).fill('0a').join(':') },
    { text: '525400abcd01', mac: undefined },
    { text: '52:54-00:ab:cd:01', mac: undefined },
    { text: '52:54:00:ab:cd', mac: undefined },
    { text: '52:54:00:ab:cd:1', mac: undefined },
    { text: '52:54:00:ab:cd:0g', mac: undefined },
    { text: '', mac: undefined },
    { text: Array(21).fill('0a').join('-'), mac: undefined },
  ]) {
    it(`takes ${text || 'nothing'} for ${mac ?? 'no hardware address'}`, () =>
      expect(normalMac(text)).to.equal(mac));
  }
});
