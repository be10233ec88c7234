import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { WhoAmI } from '../../api/access.js';
import type { DoorOptions } from '../../api/door.js';
import type { Trust } from '../../api/trust.js';
import { showFingerprint } from '../../api/fingerprint.js';
import { chooseTrust, type Choice } from '../choose-trust.js';
import { canAsk, confirm } from '../confirm.js';
import { baseUrlOf, networkPlace } from '../connection.js';
import { readCredentials, serverKey, writeCredentials } from '../credentials.js';
import { authoritiesIn, fingerprintIn, identityIn, ownCredentials } from '../door.js';
import { UsageError } from '../errors.js';
import { ImagoCommand } from '../imago-command.js';
import { readToken } from '../read-token.js';
import { whoLine } from '../render-access.js';

interface Told {
  readonly baseUrl: string;
  readonly fingerprint?: string | undefined;
  readonly authorities?: string | undefined;
}

export default class Login extends ImagoCommand {
  static override summary = 'Keep what proves who you are to a server, and by which certificate it is known.';
  static override description = `The token is asked for, or read from standard input: never write it on a command line. The SHA-256 fingerprint that is shown has to be the one that \
imago said in its log when it first started. Both are kept in ~/.config/imago/credentials.json (XDG_CONFIG_HOME), for you alone, and sent to that host and port only. \
With --oidc nothing is asked for here: the provider of OpenID Connect, in any browser, says who you are. \
On the server itself no login is needed: imagoctl goes through the socket.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --host rack1.example',
    '<%= config.bin %> <%= command.id %> --host rack1.example --fingerprint SHA256:… < token',
    '<%= config.bin %> <%= command.id %> --host rack1.example --oidc',
  ];
  static override flags = {
    fingerprint: Flags.string({
      helpValue: 'SHA256:…',
      exclusive: ['ca'],
      summary: 'Of its certificate, or of its CA’s: it is not asked for then.',
    }),
    ca: Flags.string({
      helpValue: 'FILE',
      summary: 'It is known by this CA instead (PEM), as in var/ca/ca.crt of the server.',
    }),
    cert: Flags.string({
      helpValue: 'FILE',
      summary: 'Show this certificate of yours (PEM) instead of a token.',
    }),
    key: Flags.string({
      helpValue: 'FILE',
      summary: 'Its key, which nobody else may read.',
    }),
    oidc: Flags.boolean({
      exclusive: ['cert'],
      summary: 'Log in by OpenID Connect, where operators.oidc is set up.',
    }),
    yes: Flags.boolean({ char: 'y', summary: 'Pin the certificate that it shows now, unseen.' }),
  };

  async run(): Promise<WhoAmI> {
    const { flags } = await this.parse(Login);
    const place = networkPlace(flags, process.env);
    const baseUrl = baseUrlOf(place);
    if (!place.tls)
      throw new UsageError(
        'what proves who you are goes over HTTPS alone: leave --no-tls (IMAGO_NO_TLS) out',
      );
    if ((flags.cert === undefined) !== (flags.key === undefined))
      throw new UsageError('--cert and --key go together: give both');
    const file = ownCredentials();
    const before = await readCredentials(file); // whose fault is told before anybody is asked
    const trust = await this.trustFor({
      baseUrl,
      ...(flags.fingerprint !== undefined && {
        fingerprint: fingerprintIn(flags.fingerprint, '--fingerprint'),
      }),
      ...(flags.ca !== undefined && { authorities: await authoritiesIn(flags.ca, '--ca') }),
      isAgreed: flags.yes,
    });
    const { cert, key } = flags;
    const files =
      cert !== undefined && key !== undefined ? { certificate: resolve(cert), key: resolve(key) } : undefined;
    const identity = files && (await identityIn(files, '--cert and --key'));
    const token = identity
      ? undefined
      : await (flags.oidc ? this.agreedElsewhere({ baseUrl, trust }) : readToken());
    const door: DoorOptions = { baseUrl, trust, token, identity };
    const me = await (await this.enter(door)).whoAmI();
    await writeCredentials(file, new Map(before).set(serverKey(place), { token, identity: files, trust }));
    this.print([`${baseUrl}: ${whoLine(me)}`]);
    return me;
  }

  private async agreedElsewhere(door: DoorOptions): Promise<string> {
    const { logInElsewhere } = await import('../log-in-elsewhere.js');
    return logInElsewhere({
      api: await this.enter(door),
      tell: ({ url, userCode }) => {
        this.tell(`Open ${url} in a browser, and see that it shows the code ${userCode}, or type it there.`);
        this.tell('Waiting until somebody has agreed there (Ctrl-C gives it up).');
      },
    });
  }

  /** undefined: the CAs of this computer vouch for it. @throws ServerUntrusted, ServerUnreachable, NotConfirmed, UsageError */
  private async trustFor({ isAgreed, ...told }: Told & { isAgreed: boolean }): Promise<Trust | undefined> {
    const { shownBy } = await import('../../api/shown-by.js');
    const choice = chooseTrust(await shownBy(told.baseUrl, told.authorities), told);
    if (choice.kind === 'vouched for') return undefined;
    if (choice.kind === 'to be asked' && !isAgreed) await this.agree(told.baseUrl, choice);
    return choice.trust;
  }

  private async agree(
    baseUrl: string,
    { trust, certificate }: Extract<Choice, { kind: 'to be asked' }>,
  ): Promise<void> {
    const shown = showFingerprint(trust.fingerprint);
    if (!canAsk()) {
      throw new UsageError(
        `${baseUrl} shows ${shown}, and nobody is here to compare it: if that is what imago said in its log, give --fingerprint ${shown}`,
      );
    }
    const subject = certificate.subject.replaceAll('\n', ', ');
    this.tell(`${baseUrl} is known by nobody yet. It shows the certificate (${subject})`);
    this.tell(`  ${shown}`);
    await confirm('Is that the fingerprint that imago said in its log when it first started?');
  }
}
