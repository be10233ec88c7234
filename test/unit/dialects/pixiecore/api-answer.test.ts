import { expect } from 'chai';
import { renderIpxe } from '../../../../src/boot/render-ipxe.js';
import { absoluteUrl, planOfAnswer } from '../../../../src/dialects/pixiecore/client/api-answer.js';
import { kernelCmdline } from '../../../../src/dialects/pixiecore/client/kernel-cmdline.js';
import { codeOf } from '../../../support/rejection.js';

const api = 'http://10.75.0.5:8080/pixie/core';
const ports = {
  api,
  retry: 'http://10.75.0.1:4080/boot.ipxe',
  proxied: (url: string) => `http://10.75.0.1:4080/pixiecore/file/<${url}>`,
};
const faultOf = (attempt: () => unknown) => {
  try {
    attempt();
  } catch (error) {
    return { code: codeOf(error), message: (error as Error).message };
  }
  throw new Error('it was taken');
};

describe('the command line that an API server of Pixiecore’s kind answers', () => {
  const proxied = (url: string) => `<${url}>`;
  for (const { what, cmdline, want } of [
    { what: 'none', cmdline: undefined, want: '' },
    { what: 'null', cmdline: null, want: '' },
    {
      what: 'a text, verbatim',
      cmdline: 'console=ttyS0  quiet k="a b"',
      want: 'console=ttyS0  quiet k="a b"',
    },
    {
      what: 'a text with URL',
      cmdline: 'c={{ URL "https://files/c.yml" }} d=https://files/d',
      want: 'c=<https://files/c.yml> d=https://files/d',
    },
    {
      what: 'a text with a pipeline',
      cmdline: '{{ "/c" | URL | printf "x=%s" }}{{/* none */}}',
      want: 'x=</c>',
    },
    { what: 'an object, its keys sorted', cmdline: { b: 'x', a: 'y', B: 'z' }, want: 'B="z" a="y" b="x"' },
    {
      what: 'an object with a text in quotes as Go writes it',
      cmdline: { k: 'a "b"\\\n' },
      want: 'k="a \\"b\\"\\\\\\n"',
    },
    { what: 'either boolean as a bare key', cmdline: { yes: true, no: false }, want: 'no yes' },
    {
      what: 'an object with a URL',
      cmdline: { 'cloud-config-url': { url: 'https://files/c.yml' } },
      want: 'cloud-config-url=<https://files/c.yml>',
    },
    { what: 'an empty object', cmdline: {}, want: '' },
  ]) {
    it(`is ${what}`, () => {
      expect(kernelCmdline(cmdline, proxied)).to.equal(want);
    });
  }

  it('is bounded in steps, in length and in URLs', () => {
    const loop = (body: string, rounds: number) => `{{ range ${rounds} }}${body}{{ end }}`;
    expect(faultOf(() => kernelCmdline(loop('{{ 1 }}', 9000), proxied)).message).to.include(
      'more than 10000 steps',
    );
    expect(kernelCmdline(loop('a ', 1000), proxied)).to.have.length(2000);
    const long = { a: 'x'.repeat(16_384 - 4) };
    expect(kernelCmdline(long, proxied)).to.have.length(16_384);
    expect(faultOf(() => kernelCmdline({ ...long, b: true }, proxied)).message).to.include(
      'cmdline comes to more than 16384 characters',
    );
    const answer = (rounds: number) => ({
      kernel: '/k',
      initrd: ['/i'],
      cmdline: loop('{{ URL "/x" }} ', rounds),
    });
    expect(planOfAnswer(answer(62), ports))
      .to.have.property('arguments')
      .with.length(62);
    expect(faultOf(() => planOfAnswer(answer(63), ports)).message).to.include('it names more than 64 URLs');
    const wide = Object.fromEntries(Array.from({ length: 64 }, (_, place) => [`k${place}`, { url: '/x' }]));
    expect(faultOf(() => planOfAnswer({ kernel: '/k', cmdline: wide }, ports)).message).to.include(
      'more than 64 URLs',
    );
  });

  for (const { what, cmdline, says } of [
    { what: 'a number', cmdline: 7, says: /neither a text nor an object/ },
    { what: 'a list', cmdline: ['a'], says: /neither a text nor an object/ },
    { what: 'a number in an object', cmdline: { a: 1 }, says: /cmdline\.a is neither a text, a boolean/ },
    { what: 'null in an object', cmdline: { a: null }, says: /cmdline\.a is neither/ },
    { what: 'an object without its url', cmdline: { a: { URL: 'x' } }, says: /cmdline\.a is neither/ },
    { what: 'a template that does not parse', cmdline: '{{ URL', says: /template: cmdline:1: / },
    { what: 'a function that there is not', cmdline: '{{ ID "x" }}', says: /function "ID" not defined/ },
    {
      what: 'a template that never ends',
      cmdline: '{{define "a"}}{{template "a"}}{{end}}{{template "a"}}',
      says: /template: cmdline/,
    },
  ]) {
    it(`is refused as ${what}`, () => {
      expect(faultOf(() => kernelCmdline(cmdline, proxied)).message).to.match(says);
    });
  }
});

describe('a URL that it names', () => {
  for (const { url, want } of [
    { url: 'https://files.local/kernel?a=b', want: 'https://files.local/kernel?a=b' },
    { url: '/kernel', want: 'http://10.75.0.5:8080/kernel' },
    { url: 'kernel', want: 'http://10.75.0.5:8080/kernel' },
    { url: '../kernel#part', want: 'http://10.75.0.5:8080/kernel' },
    { url: '//other/kernel', want: 'http://other/kernel' },
  ]) {
    it(`${url} is ${want}`, () => {
      expect(absoluteUrl(url, api, 'kernel')).to.equal(want);
    });
  }

  for (const { url, says } of [
    {
      url: 'file:///mnt/data/kernel',
      says: /^what pixiecore.api answers cannot be booted: kernel: 'file:\/\/\/mnt\/data\/kernel' would be a file of this server, and imago gives none of those away: let an HTTP server serve it$/,
    },
    { url: 'tftp://10.75.0.5/k', says: /not an http or https URL/ },
    { url: 'javascript:alert(1)', says: /not an http or https URL/ },
    { url: 'http://[', says: /is no URL/ },
    { url: 'http://ada:secret@files/k', says: /holds a password$/ },
    { url: `/${'k'.repeat(2100)}`, says: /longer than 2048/ },
  ]) {
    it(`is refused as ${url.slice(0, 40)}`, () => {
      const { code, message } = faultOf(() => absoluteUrl(url, api, 'kernel'));
      expect(code).to.equal('PIXIECORE_ANSWER_UNFIT');
      expect(message).to.match(says);
    });
  }
});

describe('an answer of the API', () => {
  it('boots its kernel through this server, to the byte', () => {
    const plan = planOfAnswer(
      {
        kernel: '/kernel',
        initrd: ['/initrd.0', 'https://files.local/initrd.1'],
        cmdline: 'selinux=1 ip=${ip} k="a  b"',
        message: 'hello ${x}\nthere',
        more: 'Go passes over it',
      },
      ports,
    );
    expect(renderIpxe(plan)).to.equal(
      [
        '#!ipxe',
        'echo imago: hello {x}',
        'echo imago: there',
        '',
        'imgfree',
        'kernel http://10.75.0.1:4080/pixiecore/file/<http://10.75.0.5:8080/kernel> initrd=initrd0 initrd=initrd1 selinux=1 ip=${ip} k="a b" || goto failed',
        'initrd --name initrd0 http://10.75.0.1:4080/pixiecore/file/<http://10.75.0.5:8080/initrd.0> || goto failed',
        'initrd --name initrd1 http://10.75.0.1:4080/pixiecore/file/<https://files.local/initrd.1> || goto failed',
        'boot || goto failed',
        '',
        ':failed',
        'echo imago: kernel or initial ramdisk of pixiecore.api could not be loaded, asking again in 10 seconds',
        'sleep 10',
        'chain --replace --autofree http://10.75.0.1:4080/boot.ipxe || goto failed',
        '',
      ].join('\n'),
    );
  });

  it('may be a kernel alone', () => {
    const plan = planOfAnswer({ kernel: '/k', initrd: null, cmdline: null, message: null }, ports);
    expect(plan).to.deep.include({ kind: 'kernel', initrds: [], arguments: [], message: [] });
  });

  it('is a script, where it has one, whatever else it has', () => {
    const text = '#!ipxe\nshell\n';
    expect(planOfAnswer({ 'ipxe-script': text, kernel: '/k' }, ports)).to.deep.include({
      kind: 'script',
      text,
    });
  });

  for (const { what, json, says } of [
    { what: 'no object', json: [], says: /the answer: / },
    { what: 'null', json: null, says: /the answer: / },
    { what: 'nothing to boot', json: { initrd: ['/i'] }, says: /neither a kernel nor an ipxe-script/ },
    { what: 'an empty kernel', json: { kernel: '' }, says: /neither a kernel nor an ipxe-script/ },
    { what: 'a kernel that is no text', json: { kernel: 1 }, says: /kernel: / },
    { what: 'a ramdisk that is no list', json: { kernel: '/k', initrd: '/i' }, says: /initrd: / },
    {
      what: 'more ramdisks than any machine has',
      json: { kernel: '/k', initrd: Array(33).fill('/i') },
      says: /initrd: /,
    },
    {
      what: 'a file of this server in the command line',
      json: { kernel: '/k', cmdline: '{{ URL "file:///etc/shadow" }}' },
      says: /gives none of those away/,
    },
  ]) {
    it(`is refused with ${what}`, () => {
      expect(faultOf(() => planOfAnswer(json, ports)).message).to.match(says);
    });
  }
});
