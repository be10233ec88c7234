import { expect } from 'chai';
import { operatorEnvironment } from '../../../sandbox/operator-environment.js';

describe('the environment of a program in the sandbox', () => {
  for (const { name, given, want } of [
    {
      name: 'an empty one',
      given: {},
      want: { PATH: '/home/bin', IMAGO_HOST: '10.75.0.1', IMAGO_PORT: '4080' },
    },
    {
      name: 'one of another imago',
      given: {
        PATH: '/bin',
        IMAGO_HOST: 'rack1',
        IMAGO_PORT: '1',
        IMAGO_TLS: '1',
        IMAGO_URL: 'http://x',
        TERM: 'vt100',
      },
      want: { PATH: '/home/bin:/bin', IMAGO_HOST: '10.75.0.1', IMAGO_PORT: '4080', TERM: 'vt100' },
    },
    {
      name: 'the name of the operator stays',
      given: { IMAGO_OPERATOR: 'anna', USER: 'root' },
      want: {
        PATH: '/home/bin',
        IMAGO_HOST: '10.75.0.1',
        IMAGO_PORT: '4080',
        IMAGO_OPERATOR: 'anna',
        USER: 'root',
      },
    },
  ]) {
    it(name, () => expect(operatorEnvironment(given, '/home/bin')).to.deep.equal(want));
  }
});
