import { expect } from 'chai';
import { isPlaceholderSerial } from '../../../src/host/placeholder-serial.js';

const placeholders = {
  'one character': ['', ' ', '0', '00000000', 'xxxxxxxx', '----', 'FFFF', '0001', '000000001'],
  'digits that count up': ['123', '0123456789', '0123456789ABCDEF', '12345678901234567', '123456789000'],
  'both after a mark': ['MB-1234567890', 'SSN12345678901234567', 'BSN0000', 'SYS-1234567890'],
  'what should stand there': ['To be filled by O.E.M.', 'To Be Filled By Someone Else 7', 'Not Specified'],
  'words, the last cut off': ['Default string', 'default stri', 'not specifi', 'system serial numb', 'N/A'],
  'a UUID of VMware, cut off': ['VMware-', 'VMware-56 4d a1', 'VMware-56 4d a1 b2 c3 d4 e5 f6-01 23 45 67'],
};

const serials = {
  'digits out of order': ['7XK2Y82', 'CZJ1234567', '1234568', '2345', '02', '12', '13', '0021', 'a1'],
  'zeros before the end of the count': ['123456789A1', '1234567890000001'],
  'too little after a mark': ['MB-7', 'SN123', 'SNX777'],
  'more than words': ['systemx', 'defaultx', 'default stx', 'ax', 'notxspecified', 'system'.repeat(11)],
  'a whole UUID of VMware': ['VMware-56 4d a1 b2 c3 d4 e5 f6-01 23 45 67 89 ab cd ef', 'VMware-7'],
};

describe('a serial', () => {
  for (const [why, texts] of Object.entries(placeholders)) {
    it(`of many machines: ${why}`, () => {
      for (const text of texts) expect(isPlaceholderSerial(text), text).to.equal(true);
    });
  }
  for (const [why, texts] of Object.entries(serials)) {
    it(`of one machine: ${why}`, () => {
      for (const text of texts) expect(isPlaceholderSerial(text), text).to.equal(false);
    });
  }
});
