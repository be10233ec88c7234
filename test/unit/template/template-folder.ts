import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { planBoot, type BootQuestion } from '../../../src/boot/boot-plan.js';
import { parseConfig } from '../../../src/config/parse-config.js';
import type { Config } from '../../../src/config/schema.js';
import { newHost, type Host } from '../../../src/host/host.js';
import { parseSerial } from '../../../src/host/serial.js';
import { parseIpv4 } from '../../../src/net/ipv4.js';
import { parseMac } from '../../../src/net/mac-address.js';
import { createTemplates, type Templates } from '../../../src/template/catalog.js';
import {
  machineUrls,
  templateContext,
  type ContextParts,
  type TemplateContext,
} from '../../../src/template/context.js';

/** A folder with templates of its own. */
export class TemplateFolder {
  readonly folder = mkdtempSync(join(tmpdir(), 'imago-templates-'));
  readonly templates: Templates;

  constructor(files: Readonly<Record<string, string>> = {}) {
    mkdirSync(join(this.folder, 'snippets'));
    for (const [name, text] of Object.entries(files)) this.write(name, text);
    this.templates = createTemplates({
      templatesDir: this.folder,
      snippetsDir: join(this.folder, 'snippets'),
    });
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(join(this.folder, name)), { recursive: true });
    writeFileSync(join(this.folder, name), text);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function sampleConfig(change: (yaml: string) => string = (yaml) => yaml): Config {
  return parseConfig(
    change(`
cluster: test
network:
  interface: eth1
  serverAddress: 10.75.0.1
  subnet: 10.75.0.0/24
  bootstrapRange: { first: 10.75.0.100, last: 10.75.0.199 }
  hostRange: { first: 10.75.0.10, last: 10.75.0.99 }
  router: 10.75.0.254
  dns: [10.75.0.2, 10.75.0.3]
  ntp: [10.75.0.4]
  domain: rack.test
profiles:
  - name: default
    tags: [role=worker]
    osVersion: '3975.2.0'
    boot: { kernelArguments: [console=ttyS0] }
    install: { disk: { choose: largest, minGigabytes: 10, maxGigabytes: 500, model: SAMSUNG } }
    variables: { level: profile, profileOnly: 1 }
templateVariables: { level: all, allOnly: [a, b] }
`),
    'test.yaml',
  );
}

export const sampleHost: Host = newHost(parseSerial('SER-0001'), {
  state: 'configured',
  profile: 'default',
  internalAddress: parseIpv4('10.75.0.17'),
  bootMac: parseMac('52:54:00:00:00:01'),
  macAddresses: [parseMac('52:54:00:00:00:01'), parseMac('52:54:00:00:00:02')],
  metadata: ['role=worker'],
});

export function sampleContext(
  parts: Partial<ContextParts> = {},
  asked: Pick<BootQuestion, 'platform' | 'obstacle'> = {},
): TemplateContext {
  const known = { config: sampleConfig(), host: sampleHost, profile: sampleConfig().profiles[0], ...parts };
  const { config, host = sampleHost, profile } = known;
  const plan = planBoot({ host, profile, urls: machineUrls(config, host, profile), ...asked });
  return templateContext({ image: { sha256: 'ab'.repeat(32) }, plan, ...known });
}
