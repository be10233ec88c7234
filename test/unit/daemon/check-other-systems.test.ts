import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import { checkAll, checkConfig } from '../../../src/daemon/check-config.js';
import { houseConfig } from '../../support/http-house.js';
import { rejection } from '../../support/rejection.js';

describe('the files of other systems', () => {
  let home: string;
  let file: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'imago-others-'));
    for (const folder of ['conf', 'images/v1', 'tftproot', 'bootcfg/boot/mac', 'bootcfg/cloud'])
      mkdirSync(join(home, folder), { recursive: true });
    for (const image of ['vmlinuz', 'initrd.cpio.gz', 'install_image.bin.bz2'])
      writeFileSync(join(home, 'images/v1', image), 'x');
    file = join(home, 'conf/imago.yaml');
    configure('bootcfg: { data: bootcfg, images: images }');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  function configure(section: string): void {
    const paths = `paths: { templates: ${resolve('templates')}, snippets: ${resolve('template_snippets')} }`;
    writeFileSync(file, `${houseConfig}\n${paths}\n${section}\n`);
  }

  it('are read from where the configuration is', async () => {
    const { bootcfg } = await checkAll(file);
    expect(bootcfg).to.deep.equal({ data: join(home, 'bootcfg'), images: join(home, 'images') });
  });

  it('are checked as a whole, and named by file and line beside their setting', async () => {
    writeFileSync(join(home, 'bootcfg/boot/mac/52:54:00:00:00:01'), '{\n"kernel": [] }');
    writeFileSync(join(home, 'bootcfg/boot/default'), 'none');
    const { message } = await rejection(checkAll(file));
    expect(message).to.match(/^2 faults in the configuration\n/);
    expect(message).to.match(/imago\.yaml:\d+:12: bootcfg\.data: boot\/default:1: 'none' is no JSON/);
    expect(message).to.include("bootcfg.data: boot/mac/52:54:00:00:00:01:2: kernel: '[]' is no text");
    expect(checkConfig(file, { missingImages: false }), 'the daemon serves the others').to.include.keys(
      'bootcfg',
    );
  });

  for (const { section, want } of [
    { section: 'bootcfg: { data: nothing }', want: 'bootcfg.data: HOME/nothing is not a folder' },
    { section: 'bootcfg: { data: bootcfg, images: no }', want: 'bootcfg.images: HOME/no is not a folder' },
    { section: 'bootcfg: { data: bootcfg, images: conf }', want: 'HOME/conf would give the configuration' },
  ]) {
    it(`are folders, and give nothing of imago’s own away: ${section}`, async () => {
      configure(section);
      expect((await rejection(checkAll(file))).message.replaceAll(home, 'HOME')).to.include(want);
    });
  }
});
