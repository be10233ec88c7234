import { expect } from 'chai';
import { refusalOf, type Provenance } from '../../../src/http/foreign-page.js';

const fromProgram: Provenance = {
  method: 'POST',
  host: '10.75.0.1:4080',
  origin: undefined,
  fetchSite: undefined,
  fetchMode: undefined,
  contentType: 'application/json',
  hasBody: true,
  isTls: false,
  isByCookie: false,
  isByOwnPage: false,
};
const names = new Set(['localhost', 'imago.example']);

/** What the request has that one of a program does not. */
const cases: readonly { what: string; has: Partial<Provenance>; refused?: string }[] = [
  { what: 'a program’s', has: {} },
  { what: 'one with a character set', has: { contentType: 'application/json; charset=utf-8' } },
  { what: 'a piece of a file', has: { contentType: 'application/octet-stream' } },
  { what: 'one without a body', has: { contentType: undefined, hasBody: false } },
  { what: 'Mayu’s PUT, which names no type', has: { method: 'PUT', contentType: undefined } },
  {
    what: 'an own page’s',
    has: { origin: 'http://10.75.0.1:4080', fetchSite: 'same-origin', fetchMode: 'cors' },
  },
  { what: 'an own page’s behind TLS', has: { host: 'imago.example', origin: 'https://imago.example' } },
  {
    what: 'an own page’s over TLS',
    has: { host: 'imago.example:4443', origin: 'https://imago.example:4443', isTls: true },
  },
  { what: 'a change by cookie of an own page', has: { isByCookie: true, isByOwnPage: true } },
  { what: 'reading by cookie', has: { method: 'GET', hasBody: false, isByCookie: true } },
  { what: 'one by a known name', has: { host: 'Imago.Example.:4080' } },
  { what: 'one of a client that names no host', has: { host: undefined } },
  { what: 'one by IPv6', has: { host: '[::1]:4080' } },
  {
    what: 'a link from elsewhere',
    has: { method: 'GET', hasBody: false, fetchSite: 'cross-site', fetchMode: 'navigate' },
  },

  {
    what: 'text/plain of a page',
    has: { contentType: 'text/plain;charset=UTF-8' },
    refused: 'WRONG_MEDIA_TYPE',
  },
  { what: 'a form', has: { contentType: 'application/x-www-form-urlencoded' }, refused: 'WRONG_MEDIA_TYPE' },
  {
    what: 'a form with files',
    has: { contentType: 'multipart/form-data; boundary=x' },
    refused: 'WRONG_MEDIA_TYPE',
  },
  { what: 'a Blob without a type', has: { contentType: undefined }, refused: 'WRONG_MEDIA_TYPE' },
  {
    what: 'a type that begins alike',
    has: { contentType: 'application/jsonp' },
    refused: 'WRONG_MEDIA_TYPE',
  },
  {
    what: 'a list of types',
    has: { contentType: 'text/plain, application/json' },
    refused: 'WRONG_MEDIA_TYPE',
  },
  {
    what: 'a foreign page’s without a body',
    has: { hasBody: false, origin: 'http://evil.example' },
    refused: 'FOREIGN_PAGE',
  },
  { what: 'a foreign page’s that hides its origin', has: { origin: 'null' }, refused: 'FOREIGN_PAGE' },
  {
    what: 'one of another port of this server',
    has: { origin: 'http://10.75.0.1:8080' },
    refused: 'FOREIGN_PAGE',
  },
  {
    what: 'one of the same name without TLS',
    has: { host: 'imago.example:4443', origin: 'http://imago.example:4443', isTls: true },
    refused: 'FOREIGN_PAGE',
  },
  { what: 'one of another scheme', has: { origin: 'file://10.75.0.1:4080' }, refused: 'FOREIGN_PAGE' },
  { what: 'a change by cookie alone', has: { isByCookie: true }, refused: 'FOREIGN_PAGE' },
  {
    what: 'a removal by cookie alone',
    has: { method: 'DELETE', hasBody: false, isByCookie: true },
    refused: 'FOREIGN_PAGE',
  },
  {
    what: 'a script’s from elsewhere',
    has: { method: 'GET', fetchSite: 'cross-site', fetchMode: 'no-cors' },
    refused: 'FOREIGN_PAGE',
  },
  {
    what: 'one of a neighbouring site',
    has: { method: 'GET', fetchSite: 'same-site', fetchMode: 'cors' },
    refused: 'FOREIGN_PAGE',
  },
  {
    what: 'a form’s that leads here',
    has: { fetchSite: 'cross-site', fetchMode: 'navigate' },
    refused: 'FOREIGN_PAGE',
  },
  {
    what: 'a rebound name’s',
    has: { host: 'evil.example', origin: 'http://evil.example' },
    refused: 'HOST_NOT_OURS',
  },
  {
    what: 'a rebound name’s, reading',
    has: { method: 'GET', host: 'evil.example:4080' },
    refused: 'HOST_NOT_OURS',
  },
  {
    what: 'a name that looks like an address',
    has: { host: '10.75.0.1.evil.example' },
    refused: 'HOST_NOT_OURS',
  },
  { what: 'an empty name', has: { host: '' }, refused: 'HOST_NOT_OURS' },
];

describe('A4: what operators’ routes take', () => {
  for (const { what, has, refused } of cases) {
    it(`${what} is ${refused ?? 'let in'}`, () => {
      expect(refusalOf({ ...fromProgram, ...has }, names)?.code).to.equal(refused);
    });
  }
});
