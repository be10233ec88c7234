import type { PciSlot } from './firmware-nvram.js';
import type { QmpCommand } from './qmp.js';

export type Firmware = 'bios' | 'uefi';

export interface MachineSpec {
  readonly serial: string;
  readonly uuid: string;
  readonly mac: string;
  readonly firmware: Firmware;
  /** The network interface on the host's side. */
  readonly tap: string;
}

export interface MachineFiles {
  readonly disk: string;
  /** What the machine writes to its serial line. */
  readonly console: string;
  /** QEMU's monitor, a Unix socket. */
  readonly monitor: string;
  /** The firmware's memory; UEFI only. */
  readonly nvram: string;
}

export const cardSlot = { device: 0x10 };
export const diskSlot = { device: 0x11 };

const MEMORY_MEBIBYTES = 512;
const FIRST_INDEX = 0;
const CARD_INDEX = 1;
const DISK_INDEX = 2;
/** SeaBIOS has no set-up; its boot menu waits so long for a key. */
const MENU_MS = 60_000;
const OVMF_CODE = '/usr/share/OVMF/OVMF_CODE.fd';
export const OVMF_VARS = '/usr/share/OVMF/OVMF_VARS.fd';

/** What a machine boots from, for one boot: as a BMC is told. `bios` is the firmware's own menu. */
export type BootOnce = 'pxe' | 'disk' | 'bios';

/**
 * Network first, then the disk, at every start: what boots is imago's decision. A BIOS machine may have something else for its first
 * boot; a UEFI machine keeps that in its memory.
 */
export function qemuArguments(spec: MachineSpec, files: MachineFiles, once?: BootOnce): string[] {
  const uefi = spec.firmware === 'uefi';
  const bus = uefi ? 'pcie.0' : 'pci.0';
  // BIOS: iPXE as the card's own ROM. UEFI: none, so that it is the firmware's own PXE client that asks.
  const card = `virtio-net-pci,id=card,netdev=net,mac=${spec.mac},${slot(bus, cardSlot)},${uefi ? 'romfile=' : `bootindex=${CARD_INDEX}`}`;
  const diskIndex = once === 'disk' ? FIRST_INDEX : DISK_INDEX;
  const disk = `virtio-blk-pci,id=storage,drive=disk,${slot(bus, diskSlot)}${uefi ? '' : `,bootindex=${diskIndex}`}`;
  const options = [
    ['-accel', 'tcg'],
    ['-m', String(MEMORY_MEBIBYTES)],
    ['-machine', uefi ? 'q35' : 'pc'],
    ['-nodefaults'],
    ['-display', 'none'],
    ['-vga', uefi ? 'none' : 'std'],
    ...(uefi ? flashes(files.nvram) : []),
    ['-netdev', `tap,id=net,ifname=${spec.tap},script=no,downscript=no`],
    ['-device', card],
    ['-drive', `if=none,id=disk,format=raw,cache=unsafe,file=${files.disk}`],
    ['-device', disk],
    ['-smbios', `type=1,manufacturer=imago,product=sandbox,serial=${spec.serial},uuid=${spec.uuid}`],
    ...(!uefi && once === 'bios' ? [['-boot', `menu=on,splash-time=${MENU_MS}`]] : []),
    ['-chardev', `file,id=console,append=on,path=${files.console}`],
    ['-serial', 'chardev:console'],
    ['-qmp', `unix:${files.monitor},server=on,wait=off`],
  ];
  return options.flat();
}

/** For a BIOS machine that has been started with another order for its first boot: from its next reset on it has the usual one. */
export const usualOrderAgain: QmpCommand = {
  execute: 'qom-set',
  arguments: { path: '/machine/peripheral/storage', property: 'bootindex', value: DISK_INDEX },
};

/** QEMU reads it as a hexadecimal number. */
function slot(bus: string, { device }: PciSlot): string {
  return `bus=${bus},addr=${device.toString(16)}`;
}

function flashes(nvram: string): string[][] {
  return [
    ['-drive', `if=pflash,format=raw,readonly=on,file=${OVMF_CODE}`],
    ['-drive', `if=pflash,format=raw,file=${nvram}`],
  ];
}
