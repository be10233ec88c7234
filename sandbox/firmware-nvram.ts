/**
 * The memory of a UEFI firmware, in which a machine keeps its boot order: UEFI 2.9 §3.1.3 (boot options), §10 (device paths), and
 * EDK2's variable store. An operator of real machines sets "network, then disk" once in the setup menu; this writes the same.
 */
const EFI_GLOBAL_VARIABLE = Buffer.from('61dfe48bca93d211aa0d00e098032b8c', 'hex');
/** Of the firmware volume and the variable store in it. */
const FIRST_VARIABLE = 0x64;
const STORE_HEADER_LENGTH = 28;
/** In the store's header, of the whole store. */
const STORE_SIZE = FIRST_VARIABLE - 12;
const HEADER_LENGTH = 60;
const START_ID = 0x55aa;
const VALID = 0x3f;
/** Such a mark clears a bit: flash memory can do that without being erased. */
const DELETED = 0xfd;
/** Non-volatile, boot services, runtime. */
const ATTRIBUTES = 7;
const LOAD_OPTION_ACTIVE = 1;
const NETWORK_OPTION = 0x1000;
const DISK_OPTION = 0x1001;
/** EFI_OS_INDICATIONS_BOOT_TO_FW_UI */
const BOOT_TO_FIRMWARE_UI = 1n;

/** Where a device is on the machine's PCI bus. */
export interface PciSlot {
  readonly device: number;
}

/** An empty variable store (OVMF_VARS.fd) with the boot order: PXE over IPv4 from the card, then the disk. */
export function nvramWithBootOrder(
  empty: Buffer,
  card: PciSlot & { readonly mac: string },
  disk: PciSlot,
): Buffer {
  const variables: readonly (readonly [string, Buffer])[] = [
    [
      `Boot${NETWORK_OPTION.toString(16)}`,
      loadOption('Network', [...pciPath(card), macNode(card.mac), ipv4Node()]),
    ],
    [`Boot${DISK_OPTION.toString(16)}`, loadOption('Disk', pciPath(disk))],
    ['BootOrder', uint16s(NETWORK_OPTION, DISK_OPTION)],
  ];
  return variables.reduce((nvram, [name, data]) => withVariable(nvram, name, data), empty);
}

/** What the next boot is from, and only that: the firmware forgets it. UEFI 2.9 §3.3 (BootNext), §8.5.4 (OsIndications). */
export function nvramWithBootOnce(nvram: Buffer, once: 'pxe' | 'disk' | 'bios'): Buffer {
  if (once !== 'bios') {
    return withVariable(nvram, 'BootNext', uint16s(once === 'pxe' ? NETWORK_OPTION : DISK_OPTION));
  }
  const indications = Buffer.alloc(8);
  indications.writeBigUInt64LE(BOOT_TO_FIRMWARE_UI);
  return withVariable(nvram, 'OsIndications', indications);
}

/** In place of the variable of this name, if there is one. @throws when the store is full. */
function withVariable(store: Buffer, name: string, data: Buffer): Buffer {
  const nvram = Buffer.from(store);
  const bytes = variable(name, data);
  let offset = FIRST_VARIABLE;
  while (nvram.readUInt16LE(offset) === START_ID) {
    const nameLength = nvram.readUInt32LE(offset + 36);
    const named = nvram.subarray(offset + HEADER_LENGTH, offset + HEADER_LENGTH + nameLength);
    if (named.equals(ucs2(name))) nvram.writeUInt8(nvram.readUInt8(offset + 2) & DELETED, offset + 2);
    offset = aligned(offset + HEADER_LENGTH + nameLength + nvram.readUInt32LE(offset + 40));
  }
  const end = FIRST_VARIABLE - STORE_HEADER_LENGTH + nvram.readUInt32LE(STORE_SIZE);
  if (offset + bytes.length > end) throw new Error(`the firmware's memory has no room for ${name}`);
  bytes.copy(nvram, offset);
  return nvram;
}

function uint16s(...values: readonly number[]): Buffer {
  return Buffer.from(Uint16Array.from(values).buffer);
}

const aligned = (offset: number): number => (offset + 3) & ~3;

function variable(name: string, data: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_LENGTH);
  const nameBytes = ucs2(name);
  header.writeUInt16LE(START_ID, 0);
  header.writeUInt8(VALID, 2);
  header.writeUInt32LE(ATTRIBUTES, 4);
  header.writeUInt32LE(nameBytes.length, 36);
  header.writeUInt32LE(data.length, 40);
  EFI_GLOBAL_VARIABLE.copy(header, 44);
  return Buffer.concat([header, nameBytes, data]);
}

/** UEFI 2.9 §3.1.3, EFI_LOAD_OPTION. */
function loadOption(description: string, path: readonly Buffer[]): Buffer {
  const nodes = Buffer.concat([...path, node(0x7f, 0xff, Buffer.alloc(0))]);
  const head = Buffer.alloc(6);
  head.writeUInt32LE(LOAD_OPTION_ACTIVE, 0);
  head.writeUInt16LE(nodes.length, 4);
  return Buffer.concat([head, ucs2(description), nodes]);
}

/** UEFI 2.9 §10.3.1: type, sub-type, length, data. */
function node(type: number, subType: number, data: Buffer): Buffer {
  const length = 4 + data.length;
  return Buffer.concat([Buffer.from([type, subType, length & 0xff, length >> 8]), data]);
}

/** §10.3.3: ACPI device PNP0A03 (the PCI root bridge), §10.3.2.1: PCI device. */
function pciPath({ device }: PciSlot): Buffer[] {
  return [
    node(2, 1, Buffer.from([0xd0, 0x41, 0x03, 0x0a, 0, 0, 0, 0])),
    node(1, 1, Buffer.from([0, device])),
  ];
}

/** §10.3.4.9: 32 bytes of address, interface type 1 (Ethernet). */
function macNode(mac: string): Buffer {
  const data = Buffer.alloc(33);
  Buffer.from(mac.replaceAll(':', ''), 'hex').copy(data);
  data.writeUInt8(1, 32);
  return node(3, 11, data);
}

/** §10.3.4.10, all zero: any address, by DHCP. */
function ipv4Node(): Buffer {
  return node(3, 12, Buffer.alloc(23));
}

function ucs2(text: string): Buffer {
  return Buffer.from(`${text}\0`, 'utf16le');
}
