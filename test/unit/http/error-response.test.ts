import { expect } from 'chai';
import { IllegalTransition } from '../../../src/host/lifecycle.js';
import { StoreUnavailable } from '../../../src/host/errors.js';
import { errorAnswer } from '../../../src/http/error-response.js';
import { MethodNotAllowed } from '../../../src/http/http-errors.js';
import { UnknownHost } from '../../../src/provision/errors.js';
import { TemplateFault } from '../../../src/template/template-fault.js';

describe('errorAnswer', () => {
  const cases = [
    { error: new UnknownHost('x'), dialect: 'mayu-admin', want: [400, "host doesn't exist"] },
    {
      error: new UnknownHost('x'),
      dialect: 'text',
      want: [
        404,
        "there is no host 'x': imagoctl list shows those there are, imagoctl pending those that wait",
      ],
    },
    {
      error: new StoreUnavailable('the disk is full', 'full'),
      dialect: 'mayu-admin',
      want: [500, 'the change could not be recorded: the disk is full'],
    },
    {
      error: new StoreUnavailable('the disk is full', 'full'),
      dialect: 'text',
      want: [503, 'the change could not be recorded: the disk is full'],
    },
    {
      error: new Error('SECRET at /srv/imago/x.js:12'),
      dialect: 'text',
      want: [500, 'imago failed to answer this: its log says why'],
    },
    {
      error: new TemplateFault({ template: 'a.yaml', line: 7, field: 'storage' }, '/srv/imago is empty'),
      dialect: 'text',
      want: [
        503,
        "template a.yaml, line 7, storage is at fault, imago's log says how: try again once it is put right",
      ],
    },
  ] as const;
  for (const { error, dialect, want } of cases) {
    it(`${error.name} for ${dialect}`, () => {
      const { status, body } = errorAnswer(error, dialect);
      expect([status, body]).to.deep.equal(want);
    });
  }

  for (const { kind, status } of [
    { kind: 'full', status: 507 },
    { kind: 'unavailable', status: 503 },
  ] as const) {
    it(`is ${status} for operators when the disk is ${kind}, with when to ask again`, () => {
      const answer = errorAnswer(new StoreUnavailable('no', kind), 'api');
      expect([answer.status, answer.headers['Retry-After']]).to.deep.equal([status, '10']);
    });
  }

  it('is problem details with the facts for programs', () => {
    const { status, type, body } = errorAnswer(new IllegalTransition('running', 'installed'), 'api');
    expect({ status, type }).to.deep.equal({ status: 409, type: 'application/problem+json' });
    expect(JSON.parse(body)).to.include({
      type: 'about:blank',
      title: 'Illegal transition',
      status: 409,
      code: 'ILLEGAL_TRANSITION',
      from: 'running',
      wanted: 'installed',
    });
  });

  it('tells a machine when to try again, and a client what is allowed', () => {
    expect(errorAnswer(new StoreUnavailable('x'), 'text').headers).to.deep.equal({ 'Retry-After': '10' });
    expect(errorAnswer(new MethodNotAllowed('POST', ['GET']), 'text').headers).to.deep.equal({
      Allow: 'GET',
    });
  });
});
