import { z } from 'zod';
import { domainName, ipv4, port } from './values.js';

/** Where operators are answered unless the configuration says otherwise. */
const OPERATORS_PORT = 4443;

export const adminSection = z
  .strictObject({
    address: ipv4
      .optional()
      .describe('Without it the server’s address and that of this machine itself; 0.0.0.0: everywhere.'),
    port: port
      .optional()
      .describe(`Without it ${OPERATORS_PORT}, or with \`trusted\` and without \`tls\` that of \`http\`.`),
    trusted: z
      .boolean()
      .default(false)
      .describe(
        'Whoever reaches it commands, by the name that he gives himself: for a network that nobody else reaches. It stands in the history as claimed:NAME.',
      ),
    tls: z
      .strictObject({
        certificate: z
          .string()
          .min(1)
          .describe('A file in PEM: the server’s certificate, and those between it and its CA.'),
        key: z.string().min(1).describe('A file in PEM: its key, which imago’s user has to be able to read.'),
      })
      .optional()
      .describe(
        'By which certificate it speaks HTTPS. Without it by one of imago’s own CA, or with `trusted` plain HTTP. Replaced files hold from the next connection on, without a restart.',
      ),
    socket: z
      .string()
      .min(1)
      .optional()
      .describe(
        'A Unix socket of mode 0600, for root and imago’s user: who reaches it is an admin. Without it admin.sock in the folder that systemd makes ($RUNTIME_DIRECTORY), or else in paths.state.',
      ),
    names: z
      .array(domainName)
      .max(32)
      .default([])
      .describe(
        'Names that operators call this server by, beside its addresses, localhost and its host name: others are refused, since a web page can make any name point here.',
      ),
  })
  .describe('What people and programs command, over HTTPS, or by a Unix socket on this server itself.');

interface AdminPorts {
  readonly http: { readonly port: number };
  readonly admin: {
    readonly port?: number | undefined;
    readonly trusted: boolean;
    readonly tls?: object | undefined;
  };
}

/** Whether operators are answered over HTTPS. */
export function isOverTls({ trusted, tls }: AdminPorts['admin']): boolean {
  return !trusted || tls !== undefined;
}

export function adminPort({ http, admin }: AdminPorts): number {
  return admin.port ?? (isOverTls(admin) ? OPERATORS_PORT : http.port);
}
