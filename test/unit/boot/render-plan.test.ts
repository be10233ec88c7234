import { expect } from 'chai';
import fc from 'fast-check';
import type { BootPlan, KernelArgument, KernelPlan } from '../../../src/boot/boot-plan.js';
import { renderGrub } from '../../../src/boot/render-grub.js';
import { renderIpxe } from '../../../src/boot/render-ipxe.js';
import { renderPixiecoreJson } from '../../../src/boot/render-pixiecore.js';
import { UnfitValue } from '../../../src/errors.js';

const base = 'http://10.0.0.1:4080';
const retry = `${base}/boot.ipxe`;
const kernel: KernelPlan = {
  kind: 'kernel',
  purpose: 'install',
  label: '3975.2.0',
  reason: 'it is configured',
  message: ['imago: a1 is configured', "imago: it's; $(reboot) || # next"],
  kernel: `${base}/images/a1/vmlinuz`,
  initrds: [
    { name: 'initrd0.img', url: `${base}/images/a1/initrd.cpio.gz` },
    { name: 'initrd1.img', url: `${base}/images/a1/more/my%20oem.cpio` },
  ],
  arguments: [
    { text: `mayu=${base}`, from: 'imago' },
    { text: 'flatcar.first_boot=1', from: 'system' },
    { text: 'console=ttyS0,115200n8', from: 'operator' },
  ],
  retry,
};
const bare: KernelPlan = { ...kernel, message: [], initrds: [], arguments: [] };
const ownDisk: BootPlan = {
  kind: 'own-disk',
  method: 'sanboot',
  reason: 'it runs',
  message: ['imago: disk'],
};
const networkDisk: BootPlan = {
  kind: 'network-disk',
  uri: 'iscsi:10.0.0.1::::iqn.2026-01.test:a1',
  reason: 'its profile',
  message: ['imago: its disk is on the network'],
  retry,
};
const wait: BootPlan = { kind: 'wait', reason: 'no kernel', message: ['imago: a1 has to wait'], retry };
const script: BootPlan = { kind: 'script', reason: 'an operator wrote it', text: '#!ipxe\nshell\n' };

/** Undefined where the language has no way to say it. */
const texts: readonly {
  name: string;
  plan: BootPlan;
  ipxe: string;
  grub: string | undefined;
  pixiecore: unknown;
}[] = [
  {
    name: 'a kernel with two initial ramdisks',
    plan: kernel,
    ipxe: `#!ipxe
echo imago: a1 is configured
echo imago: it's, (reboot) next

imgfree
kernel http://10.0.0.1:4080/images/a1/vmlinuz initrd=initrd0.img initrd=initrd1.img mayu=http://10.0.0.1:4080 flatcar.first_boot=1 console=ttyS0,115200n8 || goto failed
initrd --name initrd0.img http://10.0.0.1:4080/images/a1/initrd.cpio.gz || goto failed
initrd --name initrd1.img http://10.0.0.1:4080/images/a1/more/my%20oem.cpio || goto failed
boot || goto failed

:failed
echo imago: kernel or initial ramdisk of 3975.2.0 could not be loaded, asking again in 10 seconds
sleep 10
chain --replace --autofree http://10.0.0.1:4080/boot.ipxe || goto failed
`,
    grub: `echo 'imago: a1 is configured'
echo 'imago: it'\\''s; $(reboot) || # next'
if linux '(http,10.0.0.1:4080)/images/a1/vmlinuz' 'mayu=http://10.0.0.1:4080' 'flatcar.first_boot=1' 'console=ttyS0,115200n8'; then
if initrd '(http,10.0.0.1:4080)/images/a1/initrd.cpio.gz' '(http,10.0.0.1:4080)/images/a1/more/my%20oem.cpio'; then
boot
fi
fi
echo 'imago: kernel or initial ramdisk of 3975.2.0 could not be loaded, asking again in 10 seconds'
sleep 10
reboot
`,
    pixiecore: {
      kernel: `${base}/images/a1/vmlinuz`,
      initrd: [`${base}/images/a1/initrd.cpio.gz`, `${base}/images/a1/more/my%20oem.cpio`],
      cmdline: `mayu=${base} flatcar.first_boot=1 console=ttyS0,115200n8`,
      message: "imago: a1 is configured; imago: it's, (reboot) next",
    },
  },
  {
    name: 'a kernel alone',
    plan: bare,
    ipxe: `#!ipxe

imgfree
kernel http://10.0.0.1:4080/images/a1/vmlinuz || goto failed
boot || goto failed

:failed
echo imago: kernel or initial ramdisk of 3975.2.0 could not be loaded, asking again in 10 seconds
sleep 10
chain --replace --autofree http://10.0.0.1:4080/boot.ipxe || goto failed
`,
    grub: `if linux '(http,10.0.0.1:4080)/images/a1/vmlinuz'; then
boot
fi
echo 'imago: kernel or initial ramdisk of 3975.2.0 could not be loaded, asking again in 10 seconds'
sleep 10
reboot
`,
    pixiecore: { kernel: `${base}/images/a1/vmlinuz`, initrd: [], cmdline: '', message: '' },
  },
  {
    name: 'the machine’s own disk, of a BIOS',
    plan: ownDisk,
    ipxe: '#!ipxe\necho imago: disk\nsanboot --no-describe --drive 0x80 || exit 1\n',
    grub: "echo 'imago: disk'\nset root=hd0\nchainloader +1\nboot\n",
    pixiecore: { 'ipxe-script': '#!ipxe\necho imago: disk\nsanboot --no-describe --drive 0x80 || exit 1\n' },
  },
  {
    name: 'the machine’s own disk, by UEFI’s boot order',
    plan: { ...ownDisk, method: 'exit' },
    ipxe: '#!ipxe\necho imago: disk\nexit 1\n',
    grub: "echo 'imago: disk'\nexit\n",
    pixiecore: { 'ipxe-script': '#!ipxe\necho imago: disk\nexit 1\n' },
  },
  {
    name: 'a disk on the network',
    plan: networkDisk,
    ipxe: `#!ipxe
echo imago: its disk is on the network
sanboot iscsi:10.0.0.1::::iqn.2026-01.test:a1 || goto failed

:failed
echo imago: the disk on the network could not be booted, asking again in 10 seconds
sleep 10
chain --replace --autofree http://10.0.0.1:4080/boot.ipxe || goto failed
`,
    grub: undefined,
    pixiecore: { 'ipxe-script': renderIpxe(networkDisk) },
  },
  {
    name: 'nothing yet',
    plan: wait,
    ipxe: `#!ipxe
echo imago: a1 has to wait
:again
echo imago: asking again in 15 seconds
sleep 15
chain --replace --autofree http://10.0.0.1:4080/boot.ipxe || goto again
`,
    grub: "echo 'imago: a1 has to wait'\necho 'imago: asking again in 15 seconds'\nsleep 15\nreboot\n",
    pixiecore: { 'ipxe-script': renderIpxe(wait) },
  },
  {
    name: 'somebody’s own script',
    plan: script,
    ipxe: '#!ipxe\nshell\n',
    grub: undefined,
    pixiecore: { 'ipxe-script': '#!ipxe\nshell\n' },
  },
];

describe('a plan, told to the machine:', () => {
  for (const { name, plan, ipxe, grub, pixiecore } of texts) {
    it(name, () => {
      expect(renderIpxe(plan)).to.equal(ipxe);
      if (grub === undefined) expect(() => renderGrub(plan)).to.throw(UnfitValue);
      else expect(renderGrub(plan)).to.equal(grub);
      expect(renderPixiecoreJson(plan)).to.deep.equal(pixiecore);
    });
  }

  const withArgument = (text: string, from: KernelArgument['from'] = 'operator'): KernelPlan => ({
    ...bare,
    arguments: [{ text, from }],
  });
  const commandLine = (text: string) => text.split('\n').find((line) => /^(if linux|kernel) /.test(line));

  /** How each language writes a kernel argument; undefined where it refuses. */
  const quoting: readonly {
    text: string;
    from?: 'imago';
    ipxe?: string;
    grub?: string;
    pixiecore?: string;
  }[] = [
    { text: 'a=b', ipxe: 'a=b', grub: "'a=b'", pixiecore: 'a=b' },
    { text: 'ip=${ip}', ipxe: 'ip=${ip}', pixiecore: 'ip=${ip}' },
    { text: 'ip=${ip}', from: 'imago', grub: "'ip=${ip}'" },
    { text: 'a=$b', ipxe: 'a=$b', grub: "'a=$b'", pixiecore: 'a=$b' },
    { text: 'a={{x}}', ipxe: 'a={{x}}', grub: "'a={{x}}'", pixiecore: 'a={{"{{"}}x}}' },
    { text: 'ds=nocloud;s=x', ipxe: 'ds=nocloud;s=x', grub: "'ds=nocloud;s=x'", pixiecore: 'ds=nocloud;s=x' },
    { text: 'a||b&&c#d', ipxe: 'a||b&&c#d', grub: "'a||b&&c#d'", pixiecore: 'a||b&&c#d' },
    { text: '||', grub: "'||'" },
    { text: '&&', grub: "'&&'" },
    { text: ';', grub: "';'" },
    { text: '#a', grub: "'#a'" },
    { text: 'a\\b', ipxe: 'a\\b', pixiecore: 'a\\b' },
    { text: 'a\\' },
    { text: "a='b'", ipxe: "a='b'", pixiecore: "a='b'" },
    { text: 'a="b"', ipxe: 'a="b"', pixiecore: 'a="b"' },
    { text: 'a b' },
    { text: '' },
    { text: 'é' },
    { text: 'a\nb' },
  ];
  for (const { text, from, ipxe, grub, pixiecore } of quoting) {
    it(`${JSON.stringify(text)}${from ? ', meant literally,' : ''} is ${[ipxe && 'said by iPXE', grub && 'said by GRUB'].filter(Boolean).join(' and ') || 'refused'}`, () => {
      const plan = withArgument(text, from);
      const outcomes = {
        ipxe: outcome(() =>
          commandLine(renderIpxe(plan))?.slice(`kernel ${bare.kernel} `.length, -' || goto failed'.length),
        ),
        grub: outcome(() =>
          commandLine(renderGrub(plan))?.slice(
            "if linux '(http,10.0.0.1:4080)/images/a1/vmlinuz' ".length,
            -'; then'.length,
          ),
        ),
        pixiecore: outcome(() => {
          const answer = renderPixiecoreJson(plan);
          return 'cmdline' in answer ? answer.cmdline : undefined;
        }),
      };
      expect(outcomes).to.deep.equal({ ipxe, grub, pixiecore });
    });
  }

  const word = fc.string({
    unit: fc.constantFrom(...Array.from('ab=${}|&;#\\\'"% \n\u00e9-.,/')),
    minLength: 1,
    maxLength: 8,
  });
  const argument = fc.record({ text: word, from: fc.constantFrom('imago', 'system', 'operator') });
  const plans = fc
    .record({
      arguments: fc.array(argument, { maxLength: 4 }),
      message: fc.array(word.map((text) => `imago: ${text}`)),
    })
    .map((facts): KernelPlan => ({ ...kernel, ...facts }));
  const endings = ['|| goto failed', '|| goto again', '|| exit 1'];

  it('iPXE reads back the kernel, its arguments and ramdisks, and nothing else', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const text = outcome(() => renderIpxe(plan));
        if (text === undefined) return;
        const commands = text.split('\n').slice(1).flatMap(ipxeCommandsOf);
        expect(commands.filter(([name]) => name === 'kernel')).to.deep.equal([
          [
            'kernel',
            plan.kernel,
            ...plan.initrds.map(({ name }) => `initrd=${name}`),
            ...plan.arguments.map((one) => one.text),
          ],
        ]);
        expect(commands.map(([name]) => name)).to.deep.equal([
          ...plan.message.map(() => 'echo'),
          'imgfree',
          'kernel',
          'goto',
          'initrd',
          'goto',
          'initrd',
          'goto',
          'boot',
          'goto',
          ':failed',
          'echo',
          'sleep',
          'chain',
          'goto',
        ]);
        for (const { text: literal, from } of plan.arguments)
          if (from === 'imago') expect(literal).not.to.include('$');
        expect(
          text
            .split('\n')
            .filter((line) => line.includes('||'))
            .every((line) => endings.some((end) => line.endsWith(end))),
        ).to.equal(true);
      }),
    );
  });

  it('GRUB reads back the kernel, its arguments and ramdisks, and nothing else', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const text = outcome(() => renderGrub(plan));
        if (text === undefined) return;
        const lines = grubLinesOf(text);
        const said = plan.message.map((line) => ['echo', line]);
        expect(lines.slice(0, said.length)).to.deep.equal(said);
        expect(lines[said.length]).to.deep.equal([
          'if',
          'linux',
          '(http,10.0.0.1:4080)/images/a1/vmlinuz',
          ...plan.arguments.map((one) => one.text),
          ';',
          'then',
        ]);
        expect(lines.slice(said.length + 1).map(([name]) => name)).to.deep.equal([
          'if',
          'boot',
          'fi',
          'fi',
          'echo',
          'sleep',
          'reboot',
        ]);
      }),
    );
  });
});

function outcome<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof UnfitValue) return undefined;
    throw error;
  }
}

/** The commands of a line as iPXE splits them: at blanks, up to a word `#…`, with `||`, `&&` and `;` between them. */
function ipxeCommandsOf(line: string): string[][] {
  const commands: string[][] = [[]];
  for (const word of line.split(/[ \t]+/).filter(Boolean)) {
    if (word.startsWith('#')) break;
    if (['||', '&&', ';'].includes(word)) commands.push([]);
    else commands.at(-1)?.push(word);
  }
  return commands.filter(({ length }) => length > 0);
}

/** The words of each line as GRUB reads them (GRUB manual, 6.1 Quoting): nothing has a meaning in single quotes. */
function grubLinesOf(script: string): string[][] {
  const lines: string[][] = [[]];
  let word: string | undefined;
  const end = () => {
    if (word !== undefined) lines.at(-1)?.push(word);
    word = undefined;
  };
  for (let at = 0; at < script.length; at += 1) {
    const character = script.charAt(at);
    if (character === "'") {
      const close = script.indexOf("'", at + 1);
      word = (word ?? '') + script.slice(at + 1, close);
      at = close;
    } else if (character === '\\') {
      at += 1;
      word = (word ?? '') + script.charAt(at);
    } else if (character === ' ') end();
    else if (character === '\n') {
      end();
      lines.push([]);
    } else if (/[{}|&$;<>#"]/.test(character)) {
      end();
      lines.at(-1)?.push(character);
    } else word = (word ?? '') + character;
  }
  end();
  return lines.filter(({ length }) => length > 0);
}
