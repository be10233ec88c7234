import type { Host } from '../host/host.js';
import type { SecretDocument } from '../secrets/delivery.js';
import {
  renderConfiguration,
  renderFirstStage,
  renderInstaller,
  type OwnToMachine,
  type Rendered,
  type Renderers,
} from './render-for-host.js';
import type { HttpServices } from './services.js';

/** What may hold secrets of the host. @throws TemplateFault, ImageMissing */
export function renderDocument(
  document: SecretDocument,
  host: Host,
  renderers: Renderers,
  own: OwnToMachine,
): Promise<Rendered> {
  if (document === 'first-stage') return renderFirstStage(host, renderers, own);
  if (document === 'installer') return renderInstaller(host, renderers, own);
  return renderConfiguration(document, host, renderers, own);
}

/** As operators see it: with fingerprints in place of secrets. @throws TemplateFault, ImageMissing, SecretUnusable */
export async function previewDocument(
  document: SecretDocument,
  host: Host,
  services: Renderers & Pick<HttpServices, 'secrets'>,
): Promise<Rendered> {
  let template = '';
  const text = await services.secrets.preview(host, async (_, secrets) => {
    const rendered = await renderDocument(document, host, services, { secrets });
    template = rendered.template;
    return rendered.text;
  });
  return { template, text };
}
