import { expect } from 'chai';
import { chooseLab, chooseMachine, sandboxNamed } from '../../../sandbox/choose-lab.js';
import { UsageError } from '../../../sandbox/options.js';

const two = ['imago-sandbox-12', 'imago-sandbox-345'];

describe('which sandbox is meant', () => {
  for (const { line, name, rest } of [
    { line: 'imagoctl list', name: undefined, rest: 'imagoctl list' },
    { line: '--sandbox 12 imagoctl list', name: '12', rest: 'imagoctl list' },
    { line: '--sandbox=12 SBX0001', name: '12', rest: 'SBX0001' },
    { line: 'grep --sandbox 12', name: undefined, rest: 'grep --sandbox 12' },
  ]) {
    it(`exec ${line}`, () => {
      const found = sandboxNamed(line.split(' '));
      expect([found.name, found.rest.join(' ')]).to.deep.equal([name, rest]);
    });
  }

  for (const { running, name, want } of [
    { running: ['imago-sandbox-12'], name: undefined, want: 'imago-sandbox-12' },
    { running: two, name: '345', want: 'imago-sandbox-345' },
    { running: two, name: 'imago-sandbox-12', want: 'imago-sandbox-12' },
  ]) {
    it(`${name ?? 'the only one'} of ${running.join(' and ')} is ${want}`, () => {
      expect(chooseLab(running, name)).to.equal(want);
    });
  }

  for (const { running, name, says } of [
    { running: [], name: undefined, says: 'no sandbox is running: start one with ./bin/sandbox --keep' },
    { running: [], name: '12', says: 'no sandbox is running: start one with ./bin/sandbox --keep' },
    {
      running: two,
      name: undefined,
      says: '2 sandboxes are running: say which with --sandbox NAME, one of imago-sandbox-12, imago-sandbox-345',
    },
    {
      running: two,
      name: '2',
      says: 'no sandbox 2 is running: choose from imago-sandbox-12, imago-sandbox-345',
    },
  ]) {
    it(`refuses ${name ?? 'no name'} where ${running.join(' and ') || 'none'} runs`, () => {
      expect(() => chooseLab(running, name)).to.throw(UsageError, says);
    });
  }
});

describe('which machine of a sandbox is meant', () => {
  it('is found in any case', () => {
    expect(chooseMachine(['SBX0001', 'SBX0002'], 'sbx0002')).to.equal('SBX0002');
  });

  for (const { machines, serial, says } of [
    {
      machines: ['SBX0001', 'SBX0002'],
      serial: 'SBX9',
      says: 'the sandbox has no machine SBX9: choose from SBX0001, SBX0002',
    },
    { machines: ['SBX0001'], serial: '../x', says: 'the sandbox has no machine ../x: choose from SBX0001' },
    { machines: ['SBX0001'], serial: undefined, says: 'name the machine: one of SBX0001' },
    { machines: [], serial: 'SBX0001', says: 'this sandbox has no machines' },
  ]) {
    it(`refuses ${serial ?? 'none'} of ${machines.join(' and ') || 'none'}`, () => {
      expect(() => chooseMachine(machines, serial)).to.throw(UsageError, says);
    });
  }
});
