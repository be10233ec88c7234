import { expect } from 'chai';
import { commandFirst } from '../../../src/cli/command-first.js';
import { baseUrlOf, operatorName, tlsFromEnvironment } from '../../../src/cli/connection.js';

describe('cli/command-first', () => {
  for (const { line, want } of [
    { line: 'list', want: 'list' },
    { line: '--host a --port 1 list --json', want: 'list --host a --port 1 --json' },
    { line: '--host=a --no-tls set x state y', want: 'set --host=a --no-tls x state y' },
    { line: '--json --tls', want: '--json --tls' },
    { line: '--host', want: '--host' },
    { line: '--version', want: '--version' },
    { line: '--host a --colour list', want: '--host a --colour list' },
    { line: '', want: '' },
  ]) {
    it(`takes ${line || 'nothing'} for ${want || 'nothing'}`, () => {
      expect(commandFirst(line.split(' ').filter(Boolean)).join(' ')).to.equal(want);
    });
  }
});

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

  for (const { environment, account, want } of [
    { environment: { USER: 'ada' }, want: 'ada@desk' },
    { environment: { LOGNAME: 'ada' }, want: 'ada@desk' },
    { environment: { USER: 'ada', IMAGO_OPERATOR: 'rota-3' }, want: 'rota-3' },
    { environment: { USER: '' }, account: 'root', want: 'root@desk' },
    { environment: {}, want: 'operator' },
  ]) {
    it(`names the operator ${want} with ${JSON.stringify(environment)}`, () => {
      expect(operatorName(environment, 'desk', () => account)).to.equal(want);
    });
  }
});
