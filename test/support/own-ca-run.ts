import { OwnCertificates } from '../../src/tls/own-certificates.js';

/** Opens the CA in the folder that is named, for a process that may be killed meanwhile. */
const [, , folder = ''] = process.argv;
await OwnCertificates.open({
  folder,
  names: () => ({ addresses: ['127.0.0.1'], names: ['localhost'] }),
  hostname: 'boot',
  clock: () => new Date(),
  log: { info: () => undefined },
});
