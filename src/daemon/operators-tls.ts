import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Registry } from 'prom-client';
import type { Logger } from 'pino';
import { isOverTls } from '../config/admin-section.js';
import type { Config } from '../config/schema.js';
import { ImagoError } from '../errors.js';
import type { Alarm } from '../provision/alarms.js';
import { FileCertificates } from '../tls/file-certificates.js';
import { OwnCertificates } from '../tls/own-certificates.js';
import { namesOfOperators } from './names-of-operators.js';
import { CertificateWatch, type WatchedCertificate } from './certificate-watch.js';

const LOOK_MS = 60_000;

export interface OperatorsTls {
  /** Undefined where operators are answered in plain text. */
  readonly certificates: FileCertificates | undefined;
  alarms(): readonly Alarm[];
  /** Takes up other names, renews what is to be renewed, and looks whether anything ends. */
  look(): Promise<void>;
  close(): void;
}

interface World {
  readonly config: () => Config;
  readonly registry: Registry;
  readonly clock: () => Date;
  readonly log: Logger;
}

/** By which certificates operators know this server, and whether those that it shows anybody end. @throws CaUnusable, CertificateUnusable */
export async function openOperatorsTls({ config, registry, clock, log }: World): Promise<OperatorsTls> {
  const { listeners, paths, operators } = config();
  const { tls } = listeners.admin;
  const isOwn = isOverTls(listeners.admin) && tls === undefined;
  const own = isOwn
    ? await OwnCertificates.open({
        folder: join(paths.state, 'ca'),
        names: () => namesOfOperators(config()),
        hostname: hostname(),
        clock,
        log: { info: (facts, text) => log.info(facts, text) },
      })
    : undefined;
  const shown = own ? { certificate: own.file, key: own.file } : tls;
  const { ca: clientCa, crl } = operators.certificates ?? {};
  const files = shown && { ...shown, clientCa, crl };
  const certificates =
    files &&
    FileCertificates.read(
      files,
      () => performance.now(),
      log,
      own ? undefined : () => namesOfOperators(config()),
    );
  if (certificates && !own) {
    const { fingerprint } = certificates;
    const text =
      'operators know this server by certificates of theirs: see that `imagoctl login` shows this SHA-256 fingerprint';
    log.info({ ...shown, fingerprint }, text);
  }
  const watched = [...(own ? watchedOwn(own) : []), ...watchedFiles(config())];
  const watch = new CertificateWatch({ certificates: watched, registry, clock, log });
  const look = async () => {
    if (own) watch.tell('own', await faultOf(own.look()));
    watch.look();
    watch.tell('files', certificates?.fault());
  };
  const looking = setInterval(() => void look(), LOOK_MS);
  return { certificates, alarms: () => watch.alarms(), look, close: () => clearInterval(looking) };
}

function watchedOwn({ ca, file }: OwnCertificates): readonly WatchedCertificate[] {
  const again = 'stop imago, remove the folder that it is in, start imago, and have operators log in again';
  return [
    { name: 'own-ca', file: ca.path, remedy: again },
    { name: 'own-server', file, remedy: 'see in the log why it was not made again' },
  ];
}

function watchedFiles({ listeners: { admin, matchbox, pxeInit } }: Config): readonly WatchedCertificate[] {
  const sections = [
    { name: 'listeners.admin.tls', file: admin.tls?.certificate },
    { name: 'listeners.matchbox.grpc', file: matchbox.grpc?.certificate },
    { name: 'listeners.pxeInit.grpc', file: pxeInit.grpc?.certificate },
  ];
  const remedy = 'replace it, which needs no restart,';
  return sections.flatMap(({ name, file }) => (file === undefined ? [] : [{ name, file, remedy }]));
}

async function faultOf(attempt: Promise<void>): Promise<ImagoError | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof ImagoError) return error;
    throw error;
  }
}
