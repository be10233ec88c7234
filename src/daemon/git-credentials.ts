import type { RemoteConfig } from '../config/store-section.js';
import { readSecret } from '../power/secret-source.js';

type Environment = Readonly<Record<string, string | undefined>>;
type Credentials = Pick<RemoteConfig, 'sshKey' | 'knownHosts' | 'user' | 'password' | 'caFile'>;

/** Says what stands in variables of its own environment: a command line could be seen by others. */
const HELPER =
  '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" "$IMAGO_GIT_USER" "$IMAGO_GIT_PASSWORD"; }; f';

/**
 * The variables with which git and ssh find the credentials of a repository. The password is read anew each time.
 * @throws SecretUnusable
 */
export async function gitCredentials(
  remote: Credentials,
  environment: Environment,
): Promise<Readonly<Record<string, string>>> {
  const { user, password, caFile } = remote;
  const secret = password && (await readSecret(password, environment)).reveal();
  const settings = [
    // An empty helper first: those of the daemon's user are not asked.
    ...(secret === undefined
      ? []
      : [
          ['credential.helper', ''],
          ['credential.helper', HELPER],
        ]),
    ...(caFile === undefined ? [] : [['http.sslCAInfo', caFile]]),
  ];
  const numbered = settings.flatMap(([key = '', value = ''], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    ...Object.fromEntries(numbered),
    GIT_CONFIG_COUNT: String(settings.length),
    ...(secret !== undefined && { IMAGO_GIT_USER: user ?? '', IMAGO_GIT_PASSWORD: secret }),
    GIT_SSH_COMMAND: sshCommand(remote),
  };
}

function sshCommand({ sshKey, knownHosts }: Credentials): string {
  const options = [
    'BatchMode=yes',
    'ConnectTimeout=20',
    ...(sshKey === undefined ? [] : [`IdentityFile="${sshKey}"`, 'IdentitiesOnly=yes']),
    ...(knownHosts === undefined
      ? []
      : [
          `UserKnownHostsFile="${knownHosts}"`,
          'GlobalKnownHostsFile=/dev/null',
          'StrictHostKeyChecking=yes',
        ]),
  ];
  return ['ssh', ...options.map((option) => `-o ${shellWord(option)}`)].join(' ');
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
