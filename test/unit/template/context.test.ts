import { expect } from 'chai';
import { newHost } from '../../../src/host/host.js';
import { machineIdOf } from '../../../src/host/machine-id.js';
import { parseSerial } from '../../../src/host/serial.js';
import { createTemplates } from '../../../src/template/catalog.js';
import { templateContext } from '../../../src/template/context.js';
import { sampleConfig, sampleContext, sampleHost } from './template-folder.js';

describe('the context of a template', () => {
  it('shows a host as text, and null for what is not known of it', () => {
    expect(sampleContext().host).to.deep.equal({
      serial: 'ser-0001',
      state: 'configured',
      profile: 'default',
      internalAddress: '10.75.0.17',
      hostname: 'ser-0001',
      machineId: machineIdOf(sampleHost),
      macAddresses: ['52:54:00:00:00:01', '52:54:00:00:00:02'],
      bootMac: '52:54:00:00:00:01',
      uuid: null,
      connectedNic: null,
      metadata: ['role=worker'],
      etcdClusterToken: null,
      providerId: null,
      ipmiAddress: null,
      cabinet: null,
      machineOnCabinet: null,
      overrides: {},
      osVersion: null,
    });
  });

  it('has the capability of a boot in the URLs of what is the host’s, and in none that everybody gets or that outlives the boot', () => {
    const { urls } = templateContext({
      config: sampleConfig(),
      host: sampleHost,
      capability: '0f'.repeat(16),
    });
    const server = urls.bootIpxe.replace('/boot.ipxe', '');
    const own = `${server}/m/0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f`;
    expect(urls).to.deep.equal({
      base: own,
      bootIpxe: `${server}/boot.ipxe`,
      firstStage: `${own}/first-stage-script/ser-0001`,
      finalConfig: `${own}/final-ignition-config.json`,
      ignition: `${own}/ignition/ser-0001`,
      installerIgnition: `${own}/ignition/ser-0001/installer`,
      hostinfoHelper: `${server}/hostinfo-helper`,
      setInstalled: `${own}/admin/host/ser-0001/set_installed`,
      bootComplete: `${own}/admin/host/ser-0001/boot_complete`,
      report: `${own}/report/ser-0001`,
      images: `${server}/images/ser-0001`,
      etcdDiscovery: `${server}/etcd`,
    });
    expect(Object.values(urls).join(' ')).to.not.include('=');
  });

  it('shows the network as text', () => {
    expect(sampleContext().network).to.deep.equal({
      serverAddress: '10.75.0.1',
      subnet: '10.75.0.0/24',
      netmask: '255.255.255.0',
      prefixLength: 24,
      router: '10.75.0.254',
      dns: ['10.75.0.2', '10.75.0.3'],
      ntp: ['10.75.0.4'],
      domain: 'rack.test',
      extraNics: [],
    });
  });

  it('names the URLs of one host, without a = in them', () => {
    const { urls, image } = sampleContext();
    expect(urls).to.deep.equal({
      base: 'http://10.75.0.1:4080',
      bootIpxe: 'http://10.75.0.1:4080/boot.ipxe',
      firstStage: 'http://10.75.0.1:4080/first-stage-script/ser-0001',
      finalConfig: 'http://10.75.0.1:4080/final-ignition-config.json',
      ignition: 'http://10.75.0.1:4080/ignition/ser-0001',
      installerIgnition: 'http://10.75.0.1:4080/ignition/ser-0001/installer',
      hostinfoHelper: 'http://10.75.0.1:4080/hostinfo-helper',
      setInstalled: 'http://10.75.0.1:4080/admin/host/ser-0001/set_installed',
      bootComplete: 'http://10.75.0.1:4080/admin/host/ser-0001/boot_complete',
      report: 'http://10.75.0.1:4080/report/ser-0001',
      images: 'http://10.75.0.1:4080/images/ser-0001',
      etcdDiscovery: 'http://10.75.0.1:4080/etcd',
    });
    expect(image?.url).to.equal('http://10.75.0.1:4080/images/ser-0001/install_image.bin.bz2');
  });

  it('sends etcd to the discovery service that is configured, else to imago', () => {
    const elsewhere = 'etcd: { discoveryUrl: "https://discovery.etcd.io" }\n';
    const config = sampleConfig((yaml) => yaml + elsewhere);
    expect(sampleContext({ config }).urls.etcdDiscovery).to.equal('https://discovery.etcd.io');
    const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });
    const host = { ...sampleHost, etcdClusterToken: 'abc' };
    for (const [context, url] of [
      [sampleContext({ config, host }), 'https://discovery.etcd.io/abc'],
      [sampleContext({ host }), 'http://10.75.0.1:4080/etcd/abc'],
    ] as const)
      expect(templates.render('host.env', context)).to.include(url);
  });

  it('names the URLs of any machine while nobody knows which one asks', () => {
    const { host, urls } = sampleContext({ host: undefined });
    expect(host).to.equal(null);
    expect(urls.firstStage).to.equal('http://10.75.0.1:4080/first-stage-script/__SERIAL__');
    expect(urls.images).to.equal('http://10.75.0.1:4080/images');
  });

  it('asks for a cloud-config where the profile wants one', () => {
    const config = sampleConfig((yaml) =>
      yaml.replace('install: {', 'install: { configFormat: cloud-config,'),
    );
    expect(sampleContext({ config, profile: config.profiles[0] }).urls.finalConfig).to.match(
      /\/final-cloud-config\.yaml$/,
    );
  });

  it('gives the rule for the disk in bytes', () => {
    expect(sampleContext().profile?.install.disk).to.deep.equal({
      choose: 'largest',
      minBytes: 10_000_000_000,
      maxBytes: 500_000_000_000,
      name: '*',
      model: 'SAMSUNG',
    });
  });

  it('lets the host’s overrides win over the profile’s variables, and those over the general ones', () => {
    expect(sampleContext().vars).to.deep.equal({ level: 'profile', profileOnly: 1, allOnly: ['a', 'b'] });
    const host = { ...sampleHost, overrides: { level: 'host' } };
    expect(sampleContext({ host }).vars['level']).to.equal('host');
  });

  for (const { serial, hostname } of [
    { serial: 'vmware-56_4d.a1', hostname: 'vmware-56-4d-a1' },
    { serial: `a${'b'.repeat(61)}.-c`, hostname: `a${'b'.repeat(61)}` },
  ]) {
    it(`makes the host name ${hostname} of the serial ${serial}`, () => {
      expect(sampleContext({ host: newHost(parseSerial(serial)) }).host?.hostname).to.equal(hostname);
    });
  }
});
