import { expect } from 'chai';
import { parse } from 'yaml';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { createTemplates } from '../../../src/template/catalog.js';
import { renderCloudConfig } from '../../../src/template/cloud-config.js';
import { renderIgnition } from '../../../src/template/ignition.js';
import { sampleConfig, sampleContext, sampleHost } from './template-folder.js';

const templates = createTemplates({ templatesDir: 'templates', snippetsDir: 'template_snippets' });
const nics = `extraNics:
    - name: eth1
      subnet: 10.80.0.0/16
      range: { first: 10.80.0.10, last: 10.80.0.99 }
      routes: [{ to: 10.96.0.0/12, via: 10.80.255.254 }]
    - { name: storage, vlan: 20, subnet: 10.81.0.0/24, range: { first: 10.81.0.10, last: 10.81.0.99 } }`;

function contextOf(
  model: string,
  extraAddresses: Readonly<Record<string, string>> = { eth1: '10.80.0.10', storage: '10.81.0.10' },
) {
  const config = sampleConfig((yaml) =>
    yaml
      .replace('domain: rack.test', `domain: rack.test\n  ${nics}`)
      .replace('tags:', `network: { model: ${model} }\n    tags:`),
  );
  const addresses = Object.entries(extraAddresses).map(([name, text]) => [name, parseIpv4(text)] as const);
  const host = { ...sampleHost, extraAddresses: Object.fromEntries(addresses) };
  return sampleContext({ config, profile: config.profiles[0], host });
}

/** The files of an Ignition configuration or a cloud-config, by path. */
function filesOf(text: string): Readonly<Record<string, string>> {
  const document = parse(text) as {
    storage?: { files: { path: string; contents: { source: string } }[] };
    write_files?: { path: string; content: string }[];
  };
  const ignition = document.storage?.files.map(
    ({ path, contents }) => [path, dataOf(contents.source)] as const,
  );
  return Object.fromEntries(
    ignition ?? document.write_files?.map(({ path, content }) => [path, content] as const) ?? [],
  );
}

function dataOf(url: string): string {
  const [, encoding, data = ''] = /^data:[^,]*?(;base64)?,(.*)$/.exec(url) ?? [];
  return encoding ? Buffer.from(data, 'base64').toString() : decodeURIComponent(data);
}

const main = { single: '10-imago', bond: '05-imago-bond0', bridge: '05-imago-bridge' };

describe('the further interfaces of a host', () => {
  for (const [model, mainFile] of Object.entries(main)) {
    const made = {
      Ignition: () => filesOf(renderIgnition(templates, 'ignition.yaml', contextOf(model))),
      'cloud-config': () => filesOf(renderCloudConfig(templates, 'cloud-config.yaml', contextOf(model))),
    };
    for (const [kind, files] of Object.entries(made)) {
      it(`have their addresses, routes and VLANs in ${kind}, beside the model ${model}`, () => {
        const all = files();
        expect(all['/etc/systemd/network/06-imago-eth1.network']).to.equal(
          '[Match]\nName=eth1\n\n[Network]\nAddress=10.80.0.10/16\n\n[Route]\nDestination=10.96.0.0/12\nGateway=10.80.255.254\n',
        );
        expect(all).not.to.have.property('/etc/systemd/network/06-imago-eth1.netdev');
        expect(all['/etc/systemd/network/06-imago-storage.netdev']).to.equal(
          '[NetDev]\nName=storage\nKind=vlan\n\n[VLAN]\nId=20\n',
        );
        expect(all['/etc/systemd/network/06-imago-storage.network']).to.include('Address=10.81.0.10/24');
        expect(all[`/etc/systemd/network/${mainFile}.network`]).to.match(/^VLAN=storage$/m);
      });
    }
  }

  const parents = {
    single: /\[ethernet\]\nmac-address=52:54:00:00:00:01/,
    bond: /parent=bond0/,
    bridge: /parent=br0/,
  };
  for (const [model, parent] of Object.entries(parents)) {
    it(`are connections of NetworkManager too, VLANs upon the model ${model}`, () => {
      const files = filesOf(renderIgnition(templates, 'ignition.yaml', contextOf(model)));
      const storage = files['/etc/NetworkManager/system-connections/imago-storage.nmconnection'];
      expect(storage)
        .to.match(/type=vlan\n\n\[vlan\]\nid=20\n/)
        .and.to.match(parent);
      const eth1 = files['/etc/NetworkManager/system-connections/imago-eth1.nmconnection'];
      expect(eth1).to.include('address1=10.80.0.10/16\nroute1=10.96.0.0/12,10.80.255.254\n');
    });
  }

  it('that the host has no address for yet are left out', () => {
    const files = filesOf(
      renderIgnition(templates, 'ignition.yaml', contextOf('single', { eth1: '10.80.0.10' })),
    );
    expect(Object.keys(files).filter((path) => path.includes('storage'))).to.deep.equal([]);
    expect(files['/etc/systemd/network/10-imago.network']).not.to.include('VLAN=');
  });
});
