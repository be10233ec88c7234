import type { ProfileConfig } from '../config/schema.js';
import type { Host } from '../host/host.js';
import { osVersionOf } from '../host/os-version.js';
import type { HttpServices } from './services.js';

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
