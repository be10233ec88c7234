import { accessSync, constants, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from '../config/fault.js';
import type { OperatorsConfig } from '../config/operators-section.js';
import type { Config } from '../config/schema.js';
import { fileReason, ImagoError } from '../errors.js';

/** Faults of the data of systems that imago takes the place of: whole folders are read. Loaded where they are set up, as those systems are. */
export async function checkOtherSystems(config: Config): Promise<readonly Fault[]> {
  return [
    ...(await ofBootcfg(config)),
    ...(await ofMatchbox(config)),
    ...unreadable(['matchbox', 'keyRing'], config.matchbox.keyRing),
    ...(await ofFiles(['listeners', 'matchbox', 'grpc'], config.listeners.matchbox.grpc)),
    ...(await ofFiles(['listeners', 'pxeInit', 'grpc'], config.listeners.pxeInit.grpc)),
    ...(await ofFiles(['listeners', 'admin', 'tls'], config.listeners.admin.tls)),
    ...(await ofCallers(config.operators.certificates)),
  ];
}

async function ofBootcfg({ bootcfg }: Config): Promise<readonly Fault[]> {
  if (bootcfg.data === undefined) return [];
  const { checkDataFolder } = await import('../dialects/bootcfg/folder/check-data-folder.js');
  return checkDataFolder(bootcfg.data);
}

async function ofMatchbox({ matchbox, paths, cluster }: Config): Promise<readonly Fault[]> {
  const { data, records } = matchbox;
  if (data !== undefined) {
    // That it is not there at all is told of every folder alike.
    if (!statSync(join(data, '.'), { throwIfNoEntry: false })?.isDirectory()) return [];
    const { servedFaults } = await import('./take-over-matchbox.js');
    return (await servedFaults(data)).map((message) => ({ path: ['matchbox', 'data'], message }));
  }
  if (!records) return [];
  const { recordFaults } = await import('./record-faults.js');
  const faults = await recordFaults(join(paths.clusters, cluster));
  return faults.map((message) => ({ path: ['matchbox', 'records'], message }));
}

type PemFiles = Readonly<Partial<Record<(typeof pemFiles)[number], string | undefined>>>;

const pemFiles = ['certificate', 'key', 'clientCa'] as const;

/** What a listener would not begin with. */
async function ofFiles(section: readonly string[], files: PemFiles | undefined): Promise<readonly Fault[]> {
  if (files === undefined) return [];
  const missing = pemFiles.flatMap((name) => unreadable([...section, name], files[name]));
  const { certificate, key, clientCa } = files;
  if (missing.length > 0 || certificate === undefined || key === undefined) return missing;
  const { Certificates } = await import('../tls/certificates.js');
  try {
    Certificates.read({ certificate, key, clientCa }, () => 0);
    return [];
  } catch (error) {
    if (!(error instanceof ImagoError)) throw error;
    return [{ path: [...section], message: error.message }];
  }
}

/** What nobody could be known by. */
async function ofCallers(certificates: OperatorsConfig['certificates']): Promise<readonly Fault[]> {
  if (!certificates) return [];
  const section = ['operators', 'certificates'];
  const { ca, crl } = certificates;
  const missing = [...unreadable([...section, 'ca'], ca), ...unreadable([...section, 'crl'], crl)];
  if (missing.length > 0) return missing;
  const { readCallers } = await import('../tls/certificates.js');
  try {
    readCallers({ clientCa: ca, crl });
    return [];
  } catch (error) {
    if (!(error instanceof ImagoError)) throw error;
    return [{ path: section, message: error.message }];
  }
}

function unreadable(path: Fault['path'], file: string | undefined): readonly Fault[] {
  if (file === undefined) return [];
  try {
    accessSync(file, constants.R_OK);
    if (statSync(file).isFile()) return [];
    return [{ path, message: `${file} is no file: name one` }];
  } catch (error) {
    return [{ path, message: `${file} cannot be read: ${fileReason(error)}; make it, or name another` }];
  }
}
