import { loginMeant, namesNoServer, networkPlace } from '../connection.js';
import { readCredentials, serverKey, writeCredentials } from '../credentials.js';
import { ownCredentials } from '../door.js';
import { ImagoCommand } from '../imago-command.js';

export default class Logout extends ImagoCommand {
  static override summary = 'Forget the token and the certificate of a server.';
  static override description =
    'The token itself holds until it expires, or until an admin revokes it: imagoctl token revoke.';
  static override examples = ['<%= config.bin %> <%= command.id %> --host rack1.example'];
  static override nameField = 'server';

  async run(): Promise<{ readonly server: string; readonly wasLoggedIn: boolean }> {
    const { flags } = await this.parse(Logout);
    const place = networkPlace(flags, process.env);
    const file = ownCredentials();
    const credentials = new Map(await readCredentials(file));
    const isNamed = !namesNoServer(flags, process.env);
    const server = serverKey(isNamed ? place : loginMeant([...credentials.keys()], place));
    const wasLoggedIn = credentials.delete(server);
    if (wasLoggedIn) await writeCredentials(file, credentials);
    this.print([
      `${server}: ${wasLoggedIn ? 'forgotten; its token holds until it is revoked' : 'nobody was logged in'}`,
    ]);
    return { server, wasLoggedIn };
  }
}
