import { planBoot, planInstaller, type BootQuestion } from '../boot/boot-plan.js';
import type { Fault } from '../config/fault.js';
import type { Config, ProfileConfig } from '../config/schema.js';
import { extraNicsFor } from '../host/extra-nics.js';
import { newHost, type Host } from '../host/host.js';
import type { HostState } from '../host/lifecycle.js';
import { DEFAULT_PROFILE } from '../host/profile.js';
import { parseSerial } from '../host/serial.js';
import { parseMac } from '../net/mac-address.js';
import { createTemplates, type Templates } from './catalog.js';
import { renderCloudConfig } from './cloud-config.js';
import { machineUrls, templateContext, type TemplateContext } from './context.js';
import { renderIgnition } from './ignition.js';
import { SECRETS, type SecretReader } from './secret-reader.js';
import { TemplateFault } from './template-fault.js';

/**
 * Renders every template that the configuration refers to, as the machines of each profile would get it, so that a missing file, a
 * syntax error or a missing variable shows at the start and not when a machine boots.
 */
export function checkTemplates(config: Config, secretsOf: SecretsOfProfile): Fault[] {
  const templates = createTemplates({
    templatesDir: config.paths.templates,
    snippetsDir: config.paths.snippets,
  });
  const faults = [
    ...trials(['paths', 'templates'], () => checkShared(templates, config)),
    ...config.profiles.flatMap((profile, index) =>
      checkProfile(templates, config, profile, index, secretsOf(profile.name)),
    ),
  ];
  const messages = faults.map(({ message }) => message);
  return faults.filter(({ message }, index) => messages.indexOf(message) === index);
}

/** What may stand for the secrets that machines of a profile may have: one of them has to fit. */
export type SecretsOfProfile = (profile: string) => readonly [SecretReader, ...SecretReader[]];

type Trial = () => unknown;

function checkShared(templates: Templates, config: Config): Trial[] {
  const profile = config.profiles.find(({ name }) => name === DEFAULT_PROFILE);
  const anyone = templateContext({ config, profile });
  const [host] = sampleHosts(config, profile?.name ?? DEFAULT_PROFILE);
  const planned = (state: HostState, facts: Pick<BootQuestion, 'platform' | 'obstacle'>) => {
    const urls = machineUrls(config, host, profile);
    const plan = host && planBoot({ host: { ...host, state }, profile: undefined, urls, ...facts });
    return templateContext({ config, host, profile, plan });
  };
  const installer = profile && planInstaller(profile, anyone.urls);
  return [
    () => templates.render('boot.ipxe', anyone),
    () => templates.render('autoexec.ipxe', planned('running', {})),
    () => templates.render('ipxebootscript.ipxe', templateContext({ config, profile, plan: installer })),
    () => templates.render('wait.ipxe', planned('configured', { obstacle: 'a trial' })),
    () => templates.render('hostinfo-helper.sh', anyone),
    ...(config.profiles.some(({ match }) => match)
      ? ['describe.sh', 'boot-again.sh'].map(
          (name) => () => templates.render(name, planned('configured', {})),
        )
      : []),
    () => templates.render('local-disk.ipxe', planned('running', { platform: 'pcbios' })),
    () => templates.render('local-disk.ipxe', planned('running', { platform: 'efi' })),
  ];
}

function checkProfile(
  templates: Templates,
  config: Config,
  profile: ProfileConfig,
  index: number,
  secrets: ReturnType<SecretsOfProfile>,
): Fault[] {
  const image = { sha256: '0'.repeat(64) };
  const contexts = sampleHosts(config, profile.name).map((host) => {
    const urls = machineUrls(config, host, profile);
    const plan = planBoot({ host, profile, urls, platform: 'efi' });
    const boot = { platform: 'efi', arch: 'x86_64' };
    return templateContext({ config, host, profile, image, urls, plan, boot });
  });
  const { ipxe, firstStage, ignition, cloudConfig, installer } = profile.templates;
  const isIgnition = profile.install.configFormat === 'ignition' || profile.mode === 'direct-ignition';
  const parts: (readonly [key: string, render: (context: TemplateContext) => unknown])[] = [
    ['ipxe', (context) => templates.render(ipxe, context)],
    ...(profile.mode === 'two-stage'
      ? [['firstStage', (context: TemplateContext) => templates.render(firstStage, context)] as const]
      : []),
    ...(profile.mode === 'direct-ignition'
      ? [['installer', (context: TemplateContext) => renderIgnition(templates, installer, context)] as const]
      : []),
    isIgnition
      ? ['ignition', (context) => renderIgnition(templates, ignition, context)]
      : ['cloudConfig', (context) => renderCloudConfig(templates, cloudConfig, context)],
  ];
  return parts.flatMap(([key, render]) =>
    trials(['profiles', index, 'templates', key], () =>
      contexts.map(
        (context) => () => (key === 'ipxe' ? render(context) : withOneOf(secrets, context, render)),
      ),
    ),
  );
}

/** @throws the fault with the first, if there is one with each */
function withOneOf(
  [first, ...others]: ReturnType<SecretsOfProfile>,
  context: TemplateContext,
  render: (context: TemplateContext) => unknown,
): void {
  try {
    render({ ...context, [SECRETS]: first });
  } catch (error) {
    if (!others.some((secrets) => isSound(() => render({ ...context, [SECRETS]: secrets })))) throw error;
  }
}

function isSound(trial: Trial): boolean {
  try {
    trial();
    return true;
  } catch (error) {
    if (error instanceof TemplateFault) return false;
    throw error;
  }
}

function trials(path: Fault['path'], make: () => Trial[]): Fault[] {
  return make().flatMap((trial) => {
    try {
      trial();
      return [];
    } catch (error) {
      if (!(error instanceof TemplateFault)) throw error;
      return [{ path, message: error.message }];
    }
  });
}

/** A machine of which everything is known, and one that told as little as it may. */
function sampleHosts(config: Config, profile: string): Host[] {
  const serial = parseSerial('trial0001');
  const bootMac = parseMac('02:00:00:00:00:01');
  const own = config.profiles.find(({ name }) => name === profile)?.network.extraNics ?? [];
  const nics = extraNicsFor(config.network.extraNics, own);
  const placed = {
    profile,
    internalAddress: config.network.hostRange.first,
    extraAddresses: Object.fromEntries(nics.map(({ name, range }) => [name, range.first])),
    state: 'installing' as const,
  };
  return [
    newHost(serial, {
      ...placed,
      bootMac,
      macAddresses: [bootMac, parseMac('02:00:00:00:00:02')],
      uuid: '00000000-0000-4000-8000-000000000001',
      connectedNic: 'eth0',
      metadata: ['role=trial'],
      etcdClusterToken: '0123456789abcdef0123456789abcdef',
      providerId: 'trial',
      ipmiAddress: '192.0.2.1',
      cabinet: 1,
      machineOnCabinet: 1,
      osVersion: 'trial',
    }),
    newHost(serial, { ...placed, bootMac }),
  ];
}
