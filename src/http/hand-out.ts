import { isDeepStrictEqual } from 'node:util';
import type { Context } from 'koa';
import type { Machine } from '../access/caller.js';
import type { Host } from '../host/host.js';
import type { SecretDocument } from '../secrets/delivery.js';
import { RecipientUnfit } from '../secrets/errors.js';
import type { MachineSecrets, RenderWith, SecretAsker } from '../secrets/machine-secrets.js';
import { parseRecipient, seal, SEALED_TYPE } from '../secrets/seal.js';
import { profileOf } from './profile-of.js';
import { renderDocument } from './render-document.js';
import type { Renderers } from './render-for-host.js';
import type { HttpServices } from './services.js';

/** In which an installer says to which key its configuration is to be sealed. */
export const RECIPIENT_HEADER = 'X-Imago-Recipient';

export type HandOutPorts = Renderers & Pick<HttpServices, 'secrets'>;

export interface HandOut {
  readonly document: SecretDocument;
  readonly caller: Machine;
  /** Whether it is shown that the caller is that machine. */
  readonly isProven: boolean | undefined;
  /** Of the answer, where it is not sealed. */
  readonly type: string;
  /** The host as `record` will make it; undefined where that cannot be told. */
  readonly planned: Host | undefined;
  /** Makes it so. */
  readonly record: () => Promise<Host>;
}

/**
 * Gives the machine what it fetches. All of it is made before anything is recorded: a machine whose template or secret is at fault is
 * not called `installing`. With secrets in it, it is written down before it is answered.
 * @throws TemplateFault, and what `record` and `MachineSecrets` throw
 */
export async function handOut(
  ctx: Context,
  { document, caller, isProven = false, type, planned, record }: HandOut,
  ports: HandOutPorts,
): Promise<string | Buffer> {
  const { secrets } = ports;
  const render: RenderWith = async (host, reader) => {
    const own = { capability: caller.capabilityOf(host.serial), secrets: reader };
    return (await renderDocument(document, host, ports, own)).text;
  };
  const isSealable = document === 'ignition' || document === 'cloud-config';
  const recipient = isSealable ? parseRecipient(ctx.get(RECIPIENT_HEADER)) : undefined;
  const answer = (body: string | Buffer) => {
    ctx.type = recipient === undefined ? type : SEALED_TYPE;
    return body;
  };
  const draft = planned && (await draftFor(planned));
  if (draft?.names.length === 0) {
    const host = await record();
    if (isDeepStrictEqual(host, planned)) return answer(await sealed(draft.text, recipient));
    return secrets.inTurn(host.serial, document, async () =>
      answer(await secrets.deliver(await prepared(host))),
    );
  }
  const go = async () => {
    const early =
      planned && draft && (await secrets.prepare(planned, document, draft.names, askerFor(planned), render));
    const host = await record();
    const ready = early && isDeepStrictEqual(host, planned) ? early : await prepared(host);
    return answer(await secrets.deliver(ready));
  };
  return planned ? secrets.inTurn(planned.serial, document, go) : go();

  /**
   * Who comes first under a name is believed where nothing is known of its cards; for secrets that takes a lease, or the capability
   * of a boot script. A boot is the same one by whichever of them it is proven: it gets its secrets once.
   */
  function askerFor({ serial }: Host): SecretAsker {
    const isByToken = caller.capabilityOf(serial) !== undefined;
    return {
      proof: {
        isProven: isProven && (isByToken || caller.hasLease === true),
        boot: caller.bootOf(serial),
        isByToken,
      },
      recipient,
    };
  }

  /** @throws RecipientUnfit where the profile has it sealed, and nobody says to whom */
  async function draftFor(host: Host) {
    if (isSealable && recipient === undefined && profileOf(host, ports.config())?.install.sealed === true)
      throw new RecipientUnfit(`the configuration of ${host.serial} is given out sealed only`);
    return secrets.draft(host, render);
  }

  async function prepared(host: Host): ReturnType<MachineSecrets['prepare']> {
    const { text, names } = await draftFor(host);
    if (names.length === 0) return { body: await sealed(text, recipient) };
    return secrets.prepare(host, document, names, askerFor(host), render);
  }
}

async function sealed(text: string | undefined, recipient: string | undefined): Promise<string | Buffer> {
  if (text === undefined) throw new TypeError('a template that asks for no secret made nothing');
  return recipient === undefined ? text : seal(text, recipient);
}
