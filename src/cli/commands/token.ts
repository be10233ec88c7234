import { Args, Flags } from '@oclif/core';
import type { Token as TokenFacts, TokenMade } from '../../api/access.js';
import type { ApiClient } from '../../api/client.js';
import { operatorRoles, type OperatorRole } from '../../api/role.js';
import { UsageError } from '../errors.js';
import { noLegendFlag } from '../flags.js';
import { ImagoCommand } from '../imago-command.js';
import { tokenColumns } from '../render-access.js';
import { endOf, instant } from '../times.js';

const verbs = ['create', 'list', 'revoke'] as const;

interface TokenFlags {
  readonly name?: string | undefined;
  readonly role?: OperatorRole | undefined;
  readonly expires: string;
  readonly 'no-legend': boolean;
}

export default class Token extends ImagoCommand {
  static override summary = 'Make, list and revoke the tokens by which operators prove who they are.';
  static override description = `create --name NAME --role ROLE [--expires 90d|12h|DATE|never]
list
revoke NAME|ID…      all that have the name, or the one with the id

A token is printed once, by itself on standard output: imago keeps only its hash. NAME stands in the history of what is changed by it. viewer reads; operator commands machines, too; \
admin does all; auditor reads, and sees who was refused.`;
  static override usage = 'token create|list|revoke …';
  static override examples = [
    '<%= config.bin %> <%= command.id %> create --name ada --role operator',
    '<%= config.bin %> <%= command.id %> create --name ci --role viewer --expires 365d > token',
    '<%= config.bin %> <%= command.id %> revoke ada',
  ];
  static override nameField = 'id';
  static override strict = false;
  static override args = { action: Args.string({ ignoreStdin: true, description: verbs.join(', ') }) };
  static override flags = {
    name: Flags.string({ helpValue: 'NAME', summary: 'Whom it stands for.' }),
    role: Flags.option({ options: operatorRoles })({ summary: 'What he may do.' }),
    expires: Flags.string({
      default: '90d',
      helpValue: 'WHEN',
      summary: 'After so many days or hours, as in 12h; at a time, as in 2027-01-31; or never.',
    }),
    'no-legend': noLegendFlag,
  };

  async run(): Promise<unknown> {
    const { argv, flags } = await this.parse(Token);
    const [word, ...words] = argv.map(String);
    const verb = verbs.find((known) => known === word);
    if (verb === undefined) throw new UsageError(`say what to do first: one of ${verbs.join(', ')}`);
    const acts: Readonly<Record<(typeof verbs)[number], (api: ApiClient) => Promise<unknown>>> = {
      create: (api) => this.create(api, words, flags),
      list: (api) => this.list(api, flags),
      revoke: (api) => this.revoke(api, words),
    };
    return acts[verb](await this.connect(flags));
  }

  private async create(api: ApiClient, words: readonly string[], flags: TokenFlags): Promise<TokenMade> {
    const { name, role } = flags;
    if (name === undefined || role === undefined || words.length > 0) {
      throw new UsageError('give --name and --role, as in: imagoctl token create --name ada --role operator');
    }
    const expires = endOf(flags.expires, Date.now());
    const made = await api.createToken({ name, role, ...(expires && { expires: expires.toISOString() }) });
    this.print([made.token]);
    if (!this.jsonEnabled()) {
      const until = made.expires === undefined ? 'for ever' : `until ${instant(made.expires)}`;
      this.tell(
        `${made.id}: ${made.name} is ${made.role} by it ${until}. It is shown this once: hand it over in secret, for imagoctl login`,
      );
    }
    return made;
  }

  private async list(api: ApiClient, flags: TokenFlags): Promise<readonly TokenFacts[]> {
    const tokens = await api.tokens();
    this.printTable(tokens, tokenColumns, flags);
    return tokens;
  }

  private async revoke(api: ApiClient, words: readonly string[]): Promise<readonly TokenFacts[]> {
    if (words.length === 0) throw new UsageError('name a token: see imagoctl token list');
    const all = await api.tokens();
    const ids = new Set(words.flatMap((word) => idsMeantBy(word, all)));
    const revoked: TokenFacts[] = [];
    for (const id of ids) {
      await api.revokeToken(id);
      const facts = all.find((token) => token.id === id);
      if (facts) revoked.push(facts);
      this.print([`${id}: revoked${facts ? ` (${facts.name}, ${facts.role})` : ''}`]);
    }
    return revoked;
  }
}

/** What nobody knows is taken for an id: imago says that there is none. */
function idsMeantBy(word: string, tokens: readonly TokenFacts[]): readonly string[] {
  if (tokens.some(({ id }) => id === word)) return [word];
  const named = tokens.filter(({ name }) => name === word).map(({ id }) => id);
  return named.length > 0 ? named : [word];
}
