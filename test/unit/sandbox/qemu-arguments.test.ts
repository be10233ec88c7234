import { expect } from 'chai';
import { machineSpec } from '../../../sandbox/lab.js';
import { qemuArguments } from '../../../sandbox/qemu-arguments.js';

const files = { disk: '/d/disk', console: '/d/console', monitor: '/d/qmp', nvram: '/d/nvram' };

describe('the command line of QEMU', () => {
  it('has a BIOS machine boot by the ROM of its card, then from its disk', () => {
    const words = qemuArguments(machineSpec(1, 'bios'), files).join(' ');
    expect(words).to.include('mac=52:54:00:1a:96:01,bus=pci.0,addr=10,bootindex=1');
    expect(words).to.include('virtio-blk-pci,id=storage,drive=disk,bus=pci.0,addr=11,bootindex=2');
    expect(words).to.include('serial=SBX0001,uuid=1a960000-0000-4000-8000-000000000001');
    expect(words).not.to.include('pflash');
  });

  it('has a UEFI machine boot by the firmware’s own PXE client, in the order its memory holds', () => {
    const words = qemuArguments(machineSpec(12, 'uefi'), files).join(' ');
    expect(words).to.include('mac=52:54:00:1a:96:0c,bus=pcie.0,addr=10,romfile=');
    expect(words).to.include('if=pflash,format=raw,file=/d/nvram');
    expect(words).not.to.include('bootindex');
  });

  const once = [
    { device: 'pxe', firmware: 'bios', disk: 'addr=11,bootindex=2', menu: false },
    { device: 'disk', firmware: 'bios', disk: 'addr=11,bootindex=0', menu: false },
    { device: 'bios', firmware: 'bios', disk: 'addr=11,bootindex=2', menu: true },
    { device: 'disk', firmware: 'uefi', disk: 'addr=11 -smbios', menu: false },
    { device: 'bios', firmware: 'uefi', disk: 'addr=11 -smbios', menu: false },
  ] as const;
  for (const { device, firmware, disk, menu } of once) {
    it(`has a ${firmware} machine boot from ${device} once`, () => {
      const words = qemuArguments(machineSpec(1, firmware), files, device).join(' ');
      expect(words).to.include(disk);
      expect(words.includes('-boot menu=on')).to.equal(menu);
    });
  }
});
