import { expect } from 'chai';
import { commandFirst } from '../../../src/cli/command-first.js';
import {
  baseUrlOf,
  type Connection,
  type ConnectionWords,
  operatorName,
  placeForMachines,
  placeOf,
  tlsFromEnvironment,
} from '../../../src/cli/connection.js';

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
    { environment: {}, want: undefined },
    { environment: { IMAGO_TLS: '', IMAGO_NO_TLS: '' }, want: undefined },
    { environment: { IMAGO_NO_TLS: '1' }, want: false },
    { environment: { IMAGO_TLS: '1' }, want: true },
    { environment: { IMAGO_TLS: 'false' }, want: false },
    { environment: { IMAGO_TLS: '1', IMAGO_NO_TLS: '1' }, want: false },
    { environment: { IMAGO_TLS: '1', IMAGO_NO_TLS: '0' }, want: true },
  ]) {
    it(`speaks ${want === undefined ? 'what is usual' : want ? 'HTTPS' : 'HTTP'} with ${JSON.stringify(environment)}`, () => {
      expect(tlsFromEnvironment(environment)).to.equal(want);
    });
  }

  const usual = '/run/imago/admin.sock';
  for (const { words = {}, environment = {}, socket, want } of [
    { want: 'https localhost 4443' },
    { socket: usual, want: usual },
    { socket: usual, environment: { IMAGO_SOCKET: '/lab/admin.sock' }, want: '/lab/admin.sock' },
    { socket: usual, environment: { IMAGO_SOCKET: '' }, want: usual },
    { socket: usual, environment: { IMAGO_HOST: '', IMAGO_PORT: '', IMAGO_TLS: '' }, want: usual },
    { socket: usual, environment: { IMAGO_HOST: 'rack1' }, want: 'https rack1 4443' },
    {
      socket: usual,
      environment: { IMAGO_HOST: 'rack1', IMAGO_SOCKET: '/lab/admin.sock' },
      want: 'https rack1 4443',
    },
    {
      socket: usual,
      words: { host: 'rack2' },
      environment: { IMAGO_HOST: 'rack1' },
      want: 'https rack2 4443',
    },
    { socket: usual, words: { port: '8443' }, want: 'https localhost 8443' },
    { socket: usual, words: { tls: true }, want: 'https localhost 4443' },
    { socket: usual, words: { tls: false }, want: 'http localhost 4080' },
    { socket: usual, environment: { IMAGO_NO_TLS: '1' }, want: 'http localhost 4080' },
    { words: { host: 'rack1', tls: false }, want: 'http rack1 4080' },
    { words: { host: 'rack1' }, environment: { IMAGO_PORT: '1', IMAGO_NO_TLS: '1' }, want: 'http rack1 1' },
    {
      words: { host: 'rack1', port: '2', tls: true },
      environment: { IMAGO_NO_TLS: '1' },
      want: 'https rack1 2',
    },
  ] as readonly {
    words?: ConnectionWords;
    environment?: Record<string, string>;
    socket?: string;
    want: string;
  }[]) {
    const found = socket === undefined ? 'no socket' : 'a socket that may be used';
    it(`goes to ${want} with ${JSON.stringify({ ...words, ...environment })} and ${found}`, () => {
      const place = placeOf(words, environment, () => socket);
      const shown = 'socketPath' in place ? place.socketPath : shownConnection(place);
      expect(shown).to.equal(want);
    });
  }

  for (const { words = {}, environment = {}, want } of [
    { want: 'http localhost 4080' },
    {
      words: { host: '10.75.0.1' },
      environment: { IMAGO_SOCKET: '/lab/admin.sock' },
      want: 'http 10.75.0.1 4080',
    },
    { words: { tls: true }, environment: { IMAGO_HOST: 'rack1', IMAGO_PORT: '1' }, want: 'https rack1 1' },
  ]) {
    it(`has machines report to ${want} with ${JSON.stringify({ ...words, ...environment })}`, () => {
      expect(shownConnection(placeForMachines(words, environment))).to.equal(want);
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

function shownConnection({ host, port, tls }: Connection): string {
  return `${tls ? 'https' : 'http'} ${host} ${port}`;
}
