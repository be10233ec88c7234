import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { houseConfig } from '../../support/http-house.js';

describe('machines', () => {
  const table: { text: string; want: object | string }[] = [
    { text: '', want: [] },
    { text: "{ serial: 'MXQ*', by: uuid }", want: [{ serial: 'MXQ*', by: 'uuid' }] },
    {
      text: '{ manufacturer: Dell, product: C6420, by: chassisSlot }',
      want: [{ manufacturer: 'Dell', product: 'C6420', by: 'chassisSlot' }],
    },
    { text: '{ by: uuid }', want: 'fits every machine: say which are meant' },
    { text: '{ product: X, by: serial }', want: 'machines.identity[0].by' },
    { text: "{ product: '', by: uuid }", want: 'machines.identity[0].product' },
    { text: '{ product: X }', want: 'machines.identity[0].by' },
  ];
  for (const { text, want } of table) {
    it(`I1: ${text || 'no rule'}: ${typeof want === 'string' ? want : 'sound'}`, () => {
      const parse = () => parseConfig(`${houseConfig}machines: { identity: [${text}] }\n`, 'x.yaml').machines;
      if (typeof want === 'string') expect(parse).to.throw(want);
      else expect(parse().identity).to.deep.equal(want);
    });
  }
});
