import { expect } from 'chai';
import { commonName, covers, namesIn, serverNames } from '../../../src/tls/server-names.js';

describe('the names in the certificate of the server', () => {
  it('are its addresses, loopback, its host name with and without the domain, and those of the configuration', () => {
    expect(serverNames(['10.75.0.1'], 'Boot', 'rack.example', ['imago.example'])).to.deep.equal({
      addresses: ['10.75.0.1', '127.0.0.1'],
      names: ['boot', 'boot.rack.example', 'imago.example', 'localhost'],
    });
  });

  it('stand there once each', () => {
    expect(serverNames(['127.0.0.1'], 'localhost', undefined, ['LOCALHOST'])).to.deep.equal({
      addresses: ['127.0.0.1'],
      names: ['localhost'],
    });
  });

  for (const { name, hostname } of [
    { name: 'with a blank', hostname: 'my server' },
    { name: 'of none', hostname: '' },
    { name: 'in brackets', hostname: '(none)' },
    { name: 'with a comma and another name', hostname: 'a, DNS:bank.example' },
    { name: 'of 254 characters', hostname: 'a.'.repeat(126) + 'aa' },
  ]) {
    it(`leave out a host name that DNS does not know: ${name}`, () => {
      expect(serverNames([], hostname, undefined, []).names).to.deep.equal(['localhost']);
    });
  }

  it('are a hundred addresses at most', () => {
    const many = Array.from({ length: 300 }, (_, index) => `10.75.${index >> 8}.${index & 255}`);
    expect(serverNames(many, 'boot', undefined, []).addresses)
      .to.have.length(100)
      .and.to.include('127.0.0.1');
  });

  const held = { addresses: ['10.75.0.1', '127.0.0.1'], names: ['boot', 'localhost'] };
  for (const { name, wanted, does } of [
    { name: 'the same', wanted: held, does: true },
    {
      name: 'an address less, which may come back',
      wanted: { ...held, addresses: ['127.0.0.1'] },
      does: true,
    },
    {
      name: 'an address more',
      wanted: { ...held, addresses: [...held.addresses, '192.0.2.7'] },
      does: false,
    },
    { name: 'a name less', wanted: { ...held, names: ['localhost'] }, does: false },
    { name: 'a name more', wanted: { ...held, names: ['boot', 'imago', 'localhost'] }, does: false },
    { name: 'another name', wanted: { ...held, names: ['imago', 'localhost'] }, does: false },
  ]) {
    it(`${does ? 'hold' : 'hold no longer'} where the server goes by ${name}`, () => {
      expect(covers(held, wanted)).to.equal(does);
    });
  }

  it('are read out of a certificate as Node tells them', () => {
    expect(namesIn('DNS:localhost, DNS:boot, IP Address:10.75.0.1, IP Address:127.0.0.1')).to.deep.equal(
      held,
    );
    expect(namesIn(undefined)).to.deep.equal({ addresses: [], names: [] });
  });

  it('make a common name of 64 characters at most', () => {
    expect(commonName('a'.repeat(64))).to.have.length(64);
    expect(commonName('a'.repeat(65))).to.have.length(64);
  });
});
