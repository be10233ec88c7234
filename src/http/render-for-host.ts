import { planOfNobody, type BootDecision } from '../boot/boot-source.js';
import { renderIpxe } from '../boot/render-ipxe.js';
import { bootsFromDisk, planBoot, planInstaller, type BootPlan } from '../boot/boot-plan.js';
import type { ProfileConfig } from '../config/schema.js';
import { UnfitValue, type ImagoError } from '../errors.js';
import type { Host } from '../host/host.js';
import { osVersionOf } from '../host/os-version.js';
import { NotAccepted } from '../joining/errors.js';
import { renderCloudConfig } from '../template/cloud-config.js';
import { machineUrls, templateContext } from '../template/context.js';
import { renderIgnition } from '../template/ignition.js';
import type { SecretReader } from '../template/secret-reader.js';
import { anyonesProfile, profileOf } from './profile-of.js';
import type { HttpServices } from './services.js';

/** What renders for machines, and shows operators what machines would get. */
export type Renderers = Pick<HttpServices, 'config' | 'images' | 'templates'>;

export interface Rendered {
  /** The template that made it. */
  readonly template: string;
  readonly text: string;
}

/** What iPXE says of where it runs. */
export interface Firmware {
  readonly platform?: string | undefined;
  readonly arch?: string | undefined;
}

/** What every machine loads first. @throws TemplateFault */
export function renderFirstScript({ config, templates }: Renderers): Rendered {
  const template = 'boot.ipxe';
  return { template, text: templates.render(template, templateContext({ config: config() })) };
}

/** The template of each plan but a kernel's, which the profile names. */
const templateOf = { 'own-disk': 'local-disk.ipxe', wait: 'wait.ipxe' } as const;

/**
 * The script of a machine that asks what to boot.
 * @param placeless Why the host has no place yet.
 * @param capability Makes what the machine is to prove by that it is the host; asked where there is something to fetch for it.
 * @throws TemplateFault
 */
export async function renderBootScript(
  host: Host,
  { platform, arch }: Firmware,
  placeless: ImagoError | undefined,
  renderers: Renderers,
  capability?: () => Promise<string>,
): Promise<Rendered & { readonly plan: BootPlan }> {
  const config = renderers.config();
  const profile = profileOf(host, config);
  const isRejected = placeless instanceof NotAccepted && placeless.reason === 'rejected';
  const planned = (own?: string) => {
    const urls = machineUrls(config, host, profile, own);
    return { urls, plan: planBoot({ host, profile, urls, platform, obstacle, isRejected }) };
  };
  const obstacle =
    placeless?.message ?? (bootsFromDisk(host) ? undefined : await missingBootFile(host, profile, renderers));
  const plain = planned();
  const { urls, plan } = plain.plan.kind === 'kernel' && capability ? planned(await capability()) : plain;
  const template =
    plan.kind === 'kernel' ? (profile?.templates.ipxe ?? 'install.ipxe') : templateOf[plan.kind];
  const boot = { platform: platform ?? null, arch: arch ?? null };
  const context = templateContext({ config, host, profile, urls, plan, boot });
  return { plan, template, text: renderers.templates.render(template, context) };
}

/** The script of a machine for which another source than hosts decides. One that iPXE cannot be told waits for a better one. */
export function renderOthersScript(
  decision: Exclude<BootDecision, { from: 'hosts' }>,
  { config }: Pick<Renderers, 'config'>,
): { readonly plan: BootPlan; readonly text: string; readonly by: string; readonly rule: string } {
  const { bootIpxe } = templateContext({ config: config() }).urls;
  if (decision.from === 'nobody') {
    const plan = planOfNobody(decision.obstacle, bootIpxe);
    return { plan, text: renderIpxe(plan), by: 'nobody', rule: decision.obstacle };
  }
  const { plan, by, rule } = decision;
  try {
    return { plan, text: renderIpxe(plan), by, rule };
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    const instead = planOfNobody(`${decision.from}, ${by}: ${error.message}`, bootIpxe);
    return { plan: instead, text: renderIpxe(instead), by, rule: error.message };
  }
}

/** For Mayu's clients: the installer of the default profile, whoever asks. @throws TemplateFault */
export function renderAnyonesScript({ config: current, templates }: Renderers): Rendered {
  const config = current();
  const profile = anyonesProfile(config);
  const plan = profile && planInstaller(profile, machineUrls(config, undefined, profile));
  const template = 'ipxebootscript.ipxe';
  return { template, text: templates.render(template, templateContext({ config, profile, plan })) };
}

/** What is one machine's alone. */
export interface OwnToMachine {
  /** What the boot proves itself by. */
  readonly capability?: string | undefined;
  /** Without it a template that asks for a secret is at fault. */
  readonly secrets?: SecretReader | undefined;
}

/** The script that installs the host. @throws TemplateFault, ImageMissing */
export async function renderFirstStage(
  host: Host,
  renderers: Renderers,
  own: OwnToMachine = {},
): Promise<Rendered> {
  const config = renderers.config();
  const profile = profileOf(host, config);
  const image = await imageOf(host, profile, renderers);
  const template = profile?.templates.firstStage ?? 'first-stage.sh';
  return {
    template,
    text: renderers.templates.render(template, templateContext({ config, host, profile, image, ...own })),
  };
}

/** The script by which the machine tells what it is made of before its first stage. @throws TemplateFault */
export function renderDescription(host: Host, renderers: Renderers, capability?: string): Rendered {
  return renderScript('describe.sh', host, renderers, capability);
}

/** The script by which an installer makes room for that of another profile. @throws TemplateFault */
export function renderBootAgain(host: Host, renderers: Renderers): Rendered {
  return renderScript('boot-again.sh', host, renderers);
}

function renderScript(
  template: string,
  host: Host,
  { config, templates }: Renderers,
  capability?: string,
): Rendered {
  const profile = profileOf(host, config());
  const context = templateContext({ config: config(), host, profile, capability });
  return { template, text: templates.render(template, context) };
}

/** What the live system starts with that installs the host. @throws TemplateFault */
export async function renderInstaller(
  host: Host,
  renderers: Renderers,
  own: OwnToMachine = {},
): Promise<Rendered> {
  const config = renderers.config();
  const profile = profileOf(host, config);
  const image = await imageOf(host, profile, renderers);
  const template = profile?.templates.installer ?? 'installer-flatcar.yaml';
  const context = templateContext({ config, host, profile, image, ...own });
  return { template, text: renderIgnition(renderers.templates, template, context) };
}

export type ConfigurationFormat = 'ignition' | 'cloud-config';

/** The configuration that the host's system starts with. @throws TemplateFault, ImageMissing */
export async function renderConfiguration(
  format: ConfigurationFormat,
  host: Host,
  renderers: Renderers,
  own: OwnToMachine = {},
): Promise<Rendered> {
  const config = renderers.config();
  const profile = profileOf(host, config);
  const image = await imageOf(host, profile, renderers);
  const context = templateContext({ config, host, profile, image, ...own });
  if (format === 'ignition') {
    const template = profile?.templates.ignition ?? 'ignition.yaml';
    return { template, text: renderIgnition(renderers.templates, template, context) };
  }
  const template = profile?.templates.cloudConfig ?? 'cloud-config.yaml';
  return { template, text: renderCloudConfig(renderers.templates, template, context) };
}

/** A machine that waits says why on its console; one whose kernel is not there would fall out of iPXE. */
async function missingBootFile(
  host: Host,
  profile: ProfileConfig | undefined,
  { config, images }: Renderers,
): Promise<string | undefined> {
  const version = osVersionOf(host, config());
  if (!profile || version === undefined) return undefined;
  const missing: ImagoError | undefined = await images.firstMissing(version, [
    profile.boot.kernel,
    ...profile.boot.initrd,
  ]);
  return missing?.message;
}

/**
 * The image that the host is installed with. Without a first stage it need not be there: an installer may bring its own.
 * @throws ImageMissing
 */
export async function imageOf(
  host: Host,
  profile: ProfileConfig | undefined,
  { config, images }: Pick<HttpServices, 'config' | 'images'>,
): Promise<{ sha256: string } | undefined> {
  const version = osVersionOf(host, config());
  if (!profile || version === undefined) return undefined;
  if (profile.mode === 'diskless') return undefined;
  if (profile.mode === 'direct-ignition' && (await images.firstMissing(version, [profile.install.image]))) {
    return undefined;
  }
  return { sha256: await images.sha256(version, profile.install.image) };
}
