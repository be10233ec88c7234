import { LimitedLog } from '../net/limited-log.js';
import type { NotSecured, Tls } from './secure-server.js';
import type { HttpServices } from './services.js';

/** Counts connections whose TLS came to nothing, and tells of them why: once in ten seconds for each reason. */
export function notSecuredLog({
  metrics,
  logger,
  now = () => performance.now(),
}: Pick<HttpServices, 'metrics' | 'logger' | 'now'>): Tls['notSecured'] {
  const told = new LimitedLog<'info'>({ info: (facts, text) => logger.info(facts, text) }, now);
  return (reason, facts) => {
    metrics.notSecured(reason);
    told.write('info', reason, { reason, ...facts }, `no TLS with a client of operators: ${words[reason]}`);
  };
}

const words: Readonly<Record<NotSecured, string>> = {
  'handshake-time': 'it took too long',
  'plain-http': 'it spoke HTTP, where https:// is to be written',
  protocol: 'its TLS is older than 1.2, or its ciphers are',
  untrusted: 'it does not trust the certificate: `imagoctl login` there, or give it the CA',
  tls: 'it ended the connection, or spoke something else',
};
