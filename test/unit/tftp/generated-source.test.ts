import { expect } from 'chai';
import { toIpv4, type Ipv4 } from '../../../src/net/ipv4.js';
import {
  autoexecFallback,
  generatedSource,
  layeredSource,
  memoryFile,
  perMachineFolders,
  type TftpSource,
} from '../../../src/tftp/source.js';

const CLIENT = toIpv4(0x0a4b0010);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const folder: TftpSource = {
  open: (filename) => {
    const content = { 'ipxe.efi': 'loader', '52:54:00:00:00:02/ipxe.efi': 'its own loader' }[filename];
    return Promise.resolve(content === undefined ? undefined : memoryFile(bytes(content)));
  },
};

describe('generated files', () => {
  const asked: { filename: string; client: Ipv4 }[] = [];
  const source = layeredSource([
    perMachineFolders(
      layeredSource([
        generatedSource((filename, client) => {
          asked.push({ filename, client });
          return Promise.resolve(
            filename === 'pxelinux.cfg/01-52-54-00-00-00-01' ? bytes('DEFAULT imago') : undefined,
          );
        }),
        folder,
      ]),
    ),
    autoexecFallback(),
  ]);

  const table: { name: string; filename: string; want: string | undefined }[] = [
    {
      name: 'a generated file comes first',
      filename: 'pxelinux.cfg/01-52-54-00-00-00-01',
      want: 'DEFAULT imago',
    },
    { name: 'a file of the folder', filename: 'ipxe.efi', want: 'loader' },
    { name: "a machine's folder has what all have", filename: '52:54:00:00:00:01/ipxe.efi', want: 'loader' },
    { name: 'with hyphens, too', filename: '/52-54-00-00-00-01/ipxe.efi', want: 'loader' },
    {
      name: 'unless the machine has its own',
      filename: '52:54:00:00:00:02/ipxe.efi',
      want: 'its own loader',
    },
    { name: 'a folder that is no MAC is a folder', filename: 'x/ipxe.efi', want: undefined },
    { name: 'autoexec.ipxe is always there', filename: 'autoexec.ipxe', want: '#!ipxe\nautoboot\n' },
    { name: 'in every folder', filename: '52:54:00:00:00:01/autoexec.ipxe', want: '#!ipxe\nautoboot\n' },
    { name: 'but not under a name that ends alike', filename: 'myautoexec.ipxe', want: undefined },
    { name: 'nothing else is', filename: 'nothing', want: undefined },
  ];
  for (const { name, filename, want } of table) {
    it(name, async () => {
      const file = await source.open(filename, CLIENT);
      expect(file?.content && new TextDecoder().decode(file.content)).to.equal(want);
    });
  }

  it('the one who asks is passed on', async () => {
    asked.length = 0;
    await source.open('52:54:00:00:00:01/x', CLIENT);
    expect(asked).to.deep.equal([
      { filename: '52:54:00:00:00:01/x', client: CLIENT },
      { filename: 'x', client: CLIENT },
    ]);
  });
});
