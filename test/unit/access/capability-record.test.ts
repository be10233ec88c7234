import { expect } from 'chai';
import type { KeptCapability } from '../../../src/access/capabilities.js';
import { capabilityLine, forgottenLine, parseCapabilityLine } from '../../../src/access/capability-record.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';

const kept: KeptCapability = {
  serial: parseSerial('node-a'),
  digest: 'ab'.repeat(32),
  address: parseIpv4('10.75.0.50'),
  epoch: 3,
  card: parseMac('52:54:00:00:00:a1'),
  isUsed: false,
  hasMoved: false,
  isOver: false,
};
const line = capabilityLine(kept);

describe('the line of a capability', () => {
  it('is read as it was written', () => {
    expect(line).to.equal(
      `{"serial":"node-a","digest":"${'ab'.repeat(32)}","address":"10.75.0.50","epoch":3,"card":"52:54:00:00:00:a1","isUsed":false,"hasMoved":false,"isOver":false}\n`,
    );
    expect(parseCapabilityLine(line)).to.deep.equal(kept);
    const other: KeptCapability = { ...kept, card: undefined, isUsed: true, hasMoved: true, isOver: true };
    expect(parseCapabilityLine(capabilityLine(other))).to.deep.equal(other);
    expect(parseCapabilityLine(forgottenLine(kept.serial))).to.deep.equal({ serial: 'node-a' });
  });

  const damaged: readonly [name: string, line: string][] = [
    ['cut short', line.slice(0, -20)],
    ['no object', '5'],
    ['null', 'null'],
    ['without a serial', line.replace('"serial":"node-a",', '')],
    ['with a serial that is none', line.replace('node-a', '')],
    ['with a digest that is none', line.replace('abab', 'xyxy')],
    ['without an address', line.replace('10.75.0.50', 'here')],
    ['without an epoch', line.replace(':3,', ':"3",')],
  ];
  for (const [name, text] of damaged) {
    it(`is none, ${name}`, () => expect(parseCapabilityLine(text)).to.equal(undefined));
  }

  it('is taken for the worse where it says less', () => {
    const [said = ''] = line.split(',"isUsed"');
    expect(parseCapabilityLine(`${said}}`)).to.include({ isUsed: true, hasMoved: true, isOver: true });
  });
});
