import type { Host } from '../host/host.js';
import { renderCloudConfig } from '../template/cloud-config.js';
import { templateContext } from '../template/context.js';
import { renderIgnition } from '../template/ignition.js';
import { imageOf } from './image-of.js';
import { profileOf } from './profile-of.js';
import type { HttpServices } from './services.js';

export type ConfigurationFormat = 'ignition' | 'cloud-config';

/** The configuration that the host's system starts with. @throws TemplateFault */
export async function renderConfiguration(
  format: ConfigurationFormat,
  host: Host,
  services: Pick<HttpServices, 'config' | 'images' | 'templates'>,
): Promise<string> {
  const config = services.config();
  const profile = profileOf(host, config);
  const image = await imageOf(host, profile, services);
  const context = templateContext({ config, host, profile, image });
  return format === 'ignition'
    ? renderIgnition(services.templates, profile?.templates.ignition ?? 'ignition.yaml', context)
    : renderCloudConfig(services.templates, profile?.templates.cloudConfig ?? 'cloud-config.yaml', context);
}
