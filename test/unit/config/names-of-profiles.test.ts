import { expect } from 'chai';
import { parseConfig } from '../../../src/config/parse-config.js';
import { houseConfig } from '../../support/http-house.js';

describe('settings by the names of profiles', () => {
  const table = [
    { text: 'power: { profiles: { core: { user: admin } } }', want: undefined },
    {
      text: 'power: { profiles: { cor: { user: admin } } }',
      want: "power.profiles.cor: there is no profile 'cor'",
    },
    {
      text: 'events: { stuck: { profiles: { cor: { installSeconds: 9 } } } }',
      want: "events.stuck.profiles.cor: there is no profile 'cor': did you mean core?",
    },
    { text: 'power: { hosts: { "///": {} } }', want: 'power.hosts' },
    { text: 'power: { password: { file: relative } }', want: 'power.password' },
    { text: 'power: { password: hunter2 }', want: 'power.password' },
    { text: 'power: { redfish: { tls: { fingerprint: "AB" } } }', want: 'is not a SHA-256 fingerprint' },
    { text: 'images: { mirrors: { os: { url: "ftp://x/" } } }', want: 'begins with http://' },
  ];
  for (const { text, want } of table) {
    it(`${text}: ${want ?? 'sound'}`, () => {
      const parse = () => parseConfig(`${houseConfig}\n${text}\n`, 'x.yaml');
      if (want === undefined) parse();
      else expect(parse).to.throw(want);
    });
  }
});
