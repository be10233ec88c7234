import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidValue } from '../../../src/errors.js';
import { parseSerial } from '../../../src/host/serial.js';

describe('a serial', () => {
  const cases = [
    { given: 'SER0001', want: 'ser0001' },
    { given: 'VMware-56 4d a1', want: 'vmware-56-4d-a1' },
    { given: '/7XK2Y82/CN13740/', want: '7xk2y82-cn13740' },
    { given: '  a b  ', want: 'a-b' },
    { given: 'a..b', want: 'a.b' },
    { given: '../../etc/passwd', want: 'etc-passwd' },
    { given: '-rf', want: 'rf' },
    { given: '.hidden', want: 'hidden' },
    { given: 'a\u0000b', want: 'a-b' },
    { given: 'ser_1.2-3', want: 'ser_1.2-3' },
  ];
  for (const { given, want } of cases) {
    it(`${JSON.stringify(given)} is ${want}`, () => {
      expect(parseSerial(given)).to.equal(want);
    });
  }

  for (const given of ['', ' ', '...', '///', '日本', 'a'.repeat(129)]) {
    it(`${JSON.stringify(given.slice(0, 12))} (${given.length} characters) is none`, () => {
      expect(() => parseSerial(given)).to.throw(InvalidValue, 'is not a serial');
    });
  }

  it('is fit for a folder, a URL path and a shell word, whatever it is made from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (raw) => {
        let serial: string;
        try {
          serial = parseSerial(raw);
        } catch (error) {
          expect(error).to.be.instanceOf(InvalidValue);
          return;
        }
        expect(serial).to.match(/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/);
        expect(serial).not.to.include('..');
        expect(serial.length).to.be.at.most(128);
        expect(encodeURIComponent(serial)).to.equal(serial);
        expect(parseSerial(serial), 'a serial is its own serial').to.equal(serial);
      }),
    );
  });
});
