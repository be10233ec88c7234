import { expect } from 'chai';
import { pxelinuxConfig } from '../../../src/boot/pxelinux-config.js';
import { newHost } from '../../../src/host/host.js';
import { hostStates } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';

const IPXE = 'DEFAULT imago\nPROMPT 0\nLABEL imago\n  KERNEL /ipxe.lkrn\n';
const DISK = 'DEFAULT disk\nPROMPT 0\nLABEL disk\n  LOCALBOOT -1\n';

describe('PXELINUX', () => {
  it('is sent to our iPXE by a machine that nobody knows', () =>
    expect(pxelinuxConfig(undefined, 'bios')).to.equal(IPXE));

  for (const state of hostStates) {
    const isLocal = state === 'installed' || state === 'running';
    it(`is sent to ${isLocal ? 'the disk' : 'our iPXE'} by a machine that is ${state}`, () => {
      expect(pxelinuxConfig(newHost(parseSerial('a1'), { state }), 'bios')).to.equal(isLocal ? DISK : IPXE);
    });
  }

  for (const platform of ['uefi', undefined] as const) {
    it(`N15: names no program of a BIOS to a machine of which ${platform ?? 'nothing'} is known`, () => {
      expect(pxelinuxConfig(undefined, platform)).to.equal(undefined);
      expect(pxelinuxConfig(newHost(parseSerial('a1'), { state: 'running' }), platform)).to.equal(undefined);
    });
  }
});
