import { expect } from 'chai';
import fc from 'fast-check';
import { InvalidValue } from '../../../src/errors.js';
import { parseSerial, parseWrittenSerial } from '../../../src/host/serial.js';

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

  describe('written by an operator', () => {
    it('is taken in any case', () => {
      expect(parseWrittenSerial('SER_0001.a-b')).to.equal('ser_0001.a-b');
    });

    for (const { given, known } of [
      { given: 'bad serial/../x', known: 'bad-serial-.-x' },
      { given: ' ser0001', known: 'ser0001' },
      { given: '/7XK2Y82/CN13740/', known: '7xk2y82-cn13740' },
    ]) {
      it(`${given} is refused, and named as the machine would be known`, () => {
        expect(() => parseWrittenSerial(given)).to.throw(
          InvalidValue,
          `'${given}' is not a serial as imago writes it: it is made of letters, digits, and . _ - between them; a machine with this one is known as '${known}'`,
        );
      });
    }

    it('is refused when nothing usable is in it', () => {
      expect(() => parseWrittenSerial('///')).to.throw(InvalidValue, 'it needs a letter or digit');
    });
  });

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
