import { expect } from 'chai';
import { machineIdOf } from '../../../src/host/machine-id.js';
import { parseSerial } from '../../../src/host/serial.js';

describe('the machine id of a host', () => {
  const ser1 = { serial: parseSerial('ser1') };

  it('Y9: is 32 hex digits that follow from the serial, as of a random UUID', () => {
    expect(machineIdOf(ser1)).to.match(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    expect(machineIdOf({ serial: parseSerial('SER1') })).to.equal(machineIdOf(ser1));
    expect(machineIdOf({ serial: parseSerial('ser2') })).not.to.equal(machineIdOf(ser1));
  });

  it('Y9: is the one that Mayu gave it, where it did', () => {
    const machineId = '0301a5f0a5f0a5f0a5f0a5f0a5f0a5f0';
    expect(machineIdOf({ ...ser1, machineId })).to.equal(machineId);
  });
});
