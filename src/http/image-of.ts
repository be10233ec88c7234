import type { ProfileConfig } from '../config/schema.js';
import type { Host } from '../host/host.js';
import { osVersionOf } from '../host/os-version.js';
import type { HttpServices } from './services.js';

/** The image that the host is installed with. @throws ImageMissing */
export async function imageOf(
  host: Host,
  profile: ProfileConfig | undefined,
  { config, images }: Pick<HttpServices, 'config' | 'images'>,
): Promise<{ sha256: string } | undefined> {
  const version = osVersionOf(host, config().profiles);
  if (!profile || version === undefined) return undefined;
  return { sha256: await images.sha256(version, profile.install.image) };
}
