import { expect } from 'chai';
import { renderIpxe } from '../../../../src/boot/render-ipxe.js';
import { renderPixiecoreJson } from '../../../../src/boot/render-pixiecore.js';
import { bootPlan } from '../../../../src/dialects/bootcfg/render.js';

const parts = { by: 'boot/default', root: 'http://10.75.0.1:8080', retry: 'http://10.75.0.1:4080/boot.ipxe' };
const plan = (config: Partial<Parameters<typeof bootPlan>[0]>) =>
  bootPlan({ kernel: 'k', initrd: [], cmdline: {}, ...config }, parts);

describe('the plan of a boot config', () => {
  for (const { url, want } of [
    { url: '/images/k', want: 'http://10.75.0.1:8080/images/k' },
    { url: 'images/k', want: 'http://10.75.0.1:8080/images/k' },
    { url: '//other.test/k', want: 'http://other.test/k' },
    { url: 'https://other.test/k?a=b', want: 'https://other.test/k?a=b' },
    { url: 'tftp://other.test/k', want: 'tftp://other.test/k' },
  ]) {
    it(`has ${url} from ${want}`, () => {
      expect(plan({ kernel: url })).to.include({ kind: 'kernel', kernel: want });
    });
  }

  it('has each word of the command line, sorted by name, and names each ramdisk once', () => {
    const { arguments: words, initrds } = plan({
      initrd: ['/images/a.gz', '/images/b.gz'],
      cmdline: { z: '', initrd: 'a.gz', console: 'tty0 console=ttyS0' },
    }) as Extract<ReturnType<typeof plan>, { kind: 'kernel' }>;
    expect(words.map(({ text }) => text)).to.deep.equal(['console=tty0', 'console=ttyS0', 'z']);
    expect(initrds.map(({ name }) => name)).to.deep.equal(['a.gz', 'b.gz']);
    expect(renderPixiecoreJson(plan({ cmdline: { a: '{{b}}' } }))).to.have.property(
      'cmdline',
      'a={{"{{"}}b}}',
    );
  });

  for (const { name, config, want } of [
    {
      name: 'a setting of iPXE',
      config: { kernel: '/images/${buildarch}/k', initrd: ['${base}/i'], cmdline: { m: '${mac}' } },
      want: '#!ipxe\nkernel http://10.75.0.1:8080/images/${buildarch}/k m=${mac}\ninitrd ${base}/i\nboot\n',
    },
    {
      name: 'an option of iPXE',
      config: { initrd: ['/i mode=755'] },
      want: '#!ipxe\nkernel http://10.75.0.1:8080/k\ninitrd http://10.75.0.1:8080/i mode=755\nboot\n',
    },
    {
      name: 'two ramdisks of one name',
      config: { initrd: ['/a/i', '/b/i'] },
      want: '#!ipxe\nkernel http://10.75.0.1:8080/k\ninitrd http://10.75.0.1:8080/a/i\ninitrd http://10.75.0.1:8080/b/i\nboot\n',
    },
  ]) {
    it(`is a script with ${name}`, () => {
      expect(renderIpxe(plan(config))).to.equal(want);
    });
  }
});
