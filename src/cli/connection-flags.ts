import { Flags } from '@oclif/core';
import { DEFAULT_HOST, DEFAULT_PORT, tlsFromEnvironment } from './connection.js';

const helpGroup = 'CONNECTION';

/** Where the daemon is and who asks: the same for every command. A flag wins over its environment variable. */
export const connectionFlags = {
  host: Flags.string({
    helpGroup,
    env: 'IMAGO_HOST',
    default: DEFAULT_HOST,
    helpValue: 'NAME',
    summary: 'Name or address of the daemon.',
  }),
  port: Flags.string({
    helpGroup,
    env: 'IMAGO_PORT',
    default: DEFAULT_PORT,
    helpValue: 'NUMBER',
    summary: 'Its administrative port.',
  }),
  tls: Flags.boolean({
    helpGroup,
    allowNo: true,
    default: () => Promise.resolve(tlsFromEnvironment(process.env)),
    noCacheDefault: true,
    summary: 'Speak HTTPS (IMAGO_TLS), or plain HTTP, the default (IMAGO_NO_TLS).',
  }),
};
