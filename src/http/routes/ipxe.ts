import type { Router } from '@koa/router';
import { bootScriptFor } from '../../boot/boot-script.js';
import type { ProfileConfig } from '../../config/schema.js';
import type { ImagoError } from '../../errors.js';
import { identify } from '../../host/host-identity.js';
import type { Host } from '../../host/host.js';
import { osVersionOf } from '../../host/os-version.js';
import { templateContext, type BootContext } from '../../template/context.js';
import { claimOfQuery, single } from '../identity.js';
import { profileOf } from '../profile-of.js';
import type { HttpServices } from '../services.js';

/** iPXE's own way in: `/boot.ipxe` makes the firmware name itself to `/ipxe`, which answers what this machine boots. */
export function addIpxeRoutes(router: Router, services: HttpServices): void {
  const { config, provisioner, templates } = services;

  router.get('/boot.ipxe', (ctx) => {
    ctx.body = templates.render('boot.ipxe', templateContext({ config: config() }));
  });

  router.get('/ipxe', async (ctx) => {
    const { host, shortage } = await provisioner.arrive(identify(claimOfQuery(ctx.query)));
    const profile = profileOf(host, config());
    const platform = single(ctx.query['platform']);
    const obstacle = shortage?.message ?? (await missingBootFile(host, profile, services));
    const decision = bootScriptFor({ host, profile, platform, obstacle });
    services.logger.info({ serial: host.serial, state: host.state, ...decision }, 'boot script');
    const boot: BootContext = {
      platform: platform ?? null,
      arch: single(ctx.query['arch']) ?? null,
      method: decision.kind === 'local-disk' ? decision.method : null,
      reason: decision.kind === 'wait' ? decision.reason : null,
    };
    const template = {
      install: profile?.templates.ipxe ?? 'install.ipxe',
      'local-disk': 'local-disk.ipxe',
      wait: 'wait.ipxe',
    }[decision.kind];
    ctx.body = templates.render(template, templateContext({ config: config(), host, profile, boot }));
  });
}

/** A machine that waits says why on its console; one whose kernel is not there would fall out of iPXE. */
async function missingBootFile(
  host: Host,
  profile: ProfileConfig | undefined,
  { config, images }: HttpServices,
): Promise<string | undefined> {
  const version = osVersionOf(host, config().profiles);
  if (!profile || version === undefined) return undefined;
  const missing: ImagoError | undefined = await images.firstMissing(version, [
    profile.boot.kernel,
    ...profile.boot.initrd,
  ]);
  return missing?.message;
}
