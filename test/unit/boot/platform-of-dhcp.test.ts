import { expect } from 'chai';
import { platformOfDhcp } from '../../../src/boot/classify-client.js';
import { decodeMessage } from '../../../src/dhcp/message.js';
import { ascii, packet, type PacketFields } from '../dhcp/packets.js';

describe('B2: the platform in option 93', () => {
  const pxe = ascii('PXEClient');
  const table: { name: string; options: PacketFields['options']; want: string | undefined }[] = [
    {
      name: 'BIOS',
      options: [
        [60, pxe],
        [93, '0000'],
      ],
      want: 'bios',
    },
    {
      name: 'UEFI x64',
      options: [
        [60, pxe],
        [93, '0007'],
      ],
      want: 'uefi',
    },
    {
      name: 'UEFI arm64',
      options: [
        [60, pxe],
        [93, '000b'],
      ],
      want: 'uefi',
    },
    {
      name: 'UEFI by HTTP',
      options: [
        [60, ascii('HTTPClient')],
        [93, '0010'],
      ],
      want: 'uefi',
    },
    {
      name: 'iPXE on UEFI',
      options: [
        [60, pxe],
        [77, ascii('iPXE')],
        [93, '0007'],
      ],
      want: 'uefi',
    },
    {
      name: 'in the vendor class alone',
      options: [[60, ascii('PXEClient:Arch:00007:UNDI:003016')]],
      want: 'uefi',
    },
    {
      name: 'an unknown number',
      options: [
        [60, pxe],
        [93, '0123'],
      ],
      want: undefined,
    },
    { name: 'an operating system, which says nothing', options: [], want: undefined },
  ];
  for (const { name, options = [], want } of table) {
    it(`${name}: ${want ?? 'unknown'}`, () => {
      expect(platformOfDhcp(decodeMessage(packet({ options: [[53, '01'], ...options] })))).to.equal(want);
    });
  }
});
