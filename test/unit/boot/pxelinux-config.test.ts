import { expect } from 'chai';
import { pxelinuxConfig } from '../../../src/boot/pxelinux-config.js';
import { newHost } from '../../../src/host/host.js';
import { hostStates } from '../../../src/host/lifecycle.js';
import { parseSerial } from '../../../src/host/serial.js';

const IPXE = 'DEFAULT imago\nPROMPT 0\nLABEL imago\n  KERNEL /ipxe.lkrn\n';
const DISK = 'DEFAULT disk\nPROMPT 0\nLABEL disk\n  LOCALBOOT -1\n';

describe('PXELINUX', () => {
  it('is sent to our iPXE by a machine that nobody knows', () =>
    expect(pxelinuxConfig(undefined)).to.equal(IPXE));

  for (const state of hostStates) {
    const isLocal = state === 'installed' || state === 'running';
    it(`is sent to ${isLocal ? 'the disk' : 'our iPXE'} by a machine that is ${state}`, () => {
      expect(pxelinuxConfig(newHost(parseSerial('a1'), { state }))).to.equal(isLocal ? DISK : IPXE);
    });
  }
});
