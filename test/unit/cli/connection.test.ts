import { expect } from 'chai';
import { baseUrlOf, operatorName, tlsFromEnvironment } from '../../../src/cli/connection.js';

describe('cli/connection', () => {
  for (const { connection, want } of [
    { connection: { host: 'localhost', port: '4080', tls: false }, want: 'http://localhost:4080' },
    { connection: { host: 'rack-1.example', port: '0443', tls: true }, want: 'https://rack-1.example:443' },
    { connection: { host: 'fd00::1', port: '80', tls: false }, want: 'http://[fd00::1]:80' },
  ]) {
    it(`reaches ${want}`, () => {
      expect(baseUrlOf(connection)).to.equal(want);
    });
  }

  for (const { environment, want } of [
    { environment: {}, want: false },
    { environment: { IMAGO_TLS: '1' }, want: true },
    { environment: { IMAGO_TLS: 'false' }, want: false },
    { environment: { IMAGO_TLS: '1', IMAGO_NO_TLS: '1' }, want: false },
    { environment: { IMAGO_TLS: '1', IMAGO_NO_TLS: '0' }, want: true },
  ]) {
    it(`speaks ${want ? 'HTTPS' : 'HTTP'} with ${JSON.stringify(environment)}`, () => {
      expect(tlsFromEnvironment(environment)).to.equal(want);
    });
  }

  for (const { environment, want } of [
    { environment: { USER: 'ada' }, want: 'ada@desk' },
    { environment: { LOGNAME: 'ada' }, want: 'ada@desk' },
    { environment: { USER: 'ada', IMAGO_OPERATOR: 'rota-3' }, want: 'rota-3' },
    { environment: {}, want: 'operator' },
  ]) {
    it(`names the operator ${want} with ${JSON.stringify(environment)}`, () => {
      expect(operatorName(environment, 'desk')).to.equal(want);
    });
  }
});
