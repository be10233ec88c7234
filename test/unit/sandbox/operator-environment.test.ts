import { expect } from 'chai';
import { operatorEnvironment } from '../../../sandbox/operator-environment.js';

describe('the environment of a program in the sandbox', () => {
  for (const { name, given, want } of [
    {
      name: 'an empty one',
      given: {},
      want: { PATH: '/home/bin', IMAGO_SOCKET: '/lab/admin.sock' },
    },
    {
      name: 'one of another imago',
      given: {
        PATH: '/bin',
        IMAGO_HOST: 'rack1',
        IMAGO_PORT: '1',
        IMAGO_TLS: '1',
        IMAGO_TOKEN: 'imago_1_x',
        IMAGO_FINGERPRINT: 'AA',
        IMAGO_SOCKET: '/run/imago/admin.sock',
        IMAGO_URL: 'http://x',
        TERM: 'vt100',
      },
      want: { PATH: '/home/bin:/bin', IMAGO_SOCKET: '/lab/admin.sock', TERM: 'vt100' },
    },
    {
      name: 'the name of the operator stays',
      given: { IMAGO_OPERATOR: 'anna', USER: 'root' },
      want: {
        PATH: '/home/bin',
        IMAGO_SOCKET: '/lab/admin.sock',
        IMAGO_OPERATOR: 'anna',
        USER: 'root',
      },
    },
  ]) {
    it(name, () => expect(operatorEnvironment(given, '/home/bin', '/lab/admin.sock')).to.deep.equal(want));
  }
});
