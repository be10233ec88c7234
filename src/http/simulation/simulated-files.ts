import { otherEndpoints } from '../../api/other-endpoints.js';
import type { SimulatedFile } from '../../api/simulation.js';
import { ImagoError } from '../../errors.js';
import { defaultOsVersion, osVersionOf } from '../../host/os-version.js';
import type { Host } from '../../host/host.js';
import { ImageMissing } from '../../images/errors.js';
import type { OpenFile } from '../../files/open-inside.js';
import type { Ipv4 } from '../../net/ipv4.js';
import { templateContext } from '../../template/context.js';
import { findHost } from '../../access/find-host.js';
import { segmentsBelow, sizeInside, type ServedFile } from '../served-file.js';
import type { PreviewPorts } from '../services.js';

const NO_LOADER = 'paths.tftpRoot has no such file: put it there';

/** Where machines get files; what else they ask for is made on demand, but for files of the static folders. */
const filesBelow = new Set(['mirror', 'images', 'tftp']);
const madeOnDemand: ReadonlySet<string> = new Set([
  ...Object.values(otherEndpoints)
    .map(({ path }) => path.split('/')[1] ?? '')
    .filter((folder) => !filesBelow.has(folder)),
  'pixiecore',
]);

/** The file behind a name that firmware asks for by TFTP. */
export async function tftpFile(
  name: string,
  server: string,
  client: Ipv4,
  { tftpSize }: PreviewPorts,
): Promise<SimulatedFile> {
  const file = { url: `tftp://${server}/${name}`, from: 'imago' } as const;
  if (!tftpSize) return { ...file, fault: 'TFTP is off: set listeners.tftp.enabled' };
  return sized(file, () => tftpSize(name, client), NO_LOADER);
}

/**
 * The files among the URLs of what was made for a machine. What imago makes on demand is not looked at here: it is a step of its
 * own, and asking for it would be recorded.
 * @param host The host as it will be when it asks.
 */
export async function filesIn(text: string, host: Host, services: PreviewPorts): Promise<SimulatedFile[]> {
  const { base } = templateContext({ config: services.config() }).urls;
  const files: SimulatedFile[] = [];
  for (const url of urlsIn(text)) {
    const file = await simulatedFile(url, base, host, services);
    if (file) files.push(file);
  }
  return files;
}

/** Undefined for what is made on demand. */
export async function simulatedFile(
  url: string,
  base: string,
  host: Host,
  services: PreviewPorts,
): Promise<SimulatedFile | undefined> {
  if (url === base) return undefined;
  const others = await services.fileAt?.(url);
  if (others) return servedFile(url, others, services);
  const segments = segmentsBelow(base, url);
  if (!segments) return { url, from: 'elsewhere' };
  const [folder, ...path] = segments;
  const { paths } = services.config();
  if (folder === 'boot-file') return servedFile(url, await orderedFile(path, services), services);
  if (folder === 'mirror') return mirroredFile(url, path, services);
  if (folder === 'images') {
    return sized({ url, from: 'imago' }, () => imageSize(path, host, services), 'there is no such image');
  }
  if (folder === 'tftp')
    return sized({ url, from: 'imago' }, () => sizeInside([paths.tftpRoot], path), NO_LOADER);
  if (folder === undefined || madeOnDemand.has(folder)) return undefined;
  const missing = 'no folder of paths.static has such a file: put it there';
  return sized({ url, from: 'imago' }, () => sizeInside(paths.static, [folder, ...path]), missing);
}

/** What is fetched only when it is asked for is shown where it comes from: whoever looks there learns whether it is there. */
async function servedFile(
  url: string,
  served: ServedFile,
  { stock }: PreviewPorts,
): Promise<SimulatedFile | undefined> {
  if (served === 'made') return undefined;
  if (!('origin' in served)) return { url, from: 'imago', ...served };
  const { origin, named } = served;
  const refusal = await stock.mirror.refusalOf(origin, named);
  return refusal
    ? { url: origin, from: 'mirror', fault: refusal.message }
    : { url: origin, from: 'elsewhere' };
}

/** Of a boot that an operator ordered. That it is looked for is not its machine's turn. */
async function orderedFile(
  [token = '']: readonly string[],
  { boots }: Pick<PreviewPorts, 'boots'>,
): Promise<ServedFile> {
  try {
    const wanted = boots.wanted(token);
    if (wanted.file.url !== undefined) return { origin: wanted.file.url };
    return { bytes: await closed(await boots.open(wanted)) };
  } catch (error) {
    if (error instanceof ImagoError) return { fault: error.message };
    throw error;
  }
}

/** What the daemon would fetch from its origin when the first machine asks. */
async function mirroredFile(
  url: string,
  [name = '']: readonly string[],
  { config, stock }: PreviewPorts,
): Promise<SimulatedFile> {
  const { mirrors } = config().images;
  const origin = Object.hasOwn(mirrors, name) ? mirrors[name] : undefined;
  const fault = origin
    ? (await stock.mirror.refusalOf(origin.url))?.message
    : `images.mirrors has no ${name}`;
  return { url, from: 'mirror', ...(fault !== undefined && { fault }) };
}

async function imageSize(
  path: readonly string[],
  host: Host,
  { images, config, store }: PreviewPorts,
): Promise<number> {
  const [serial, ...rest] = path;
  const isAnyones = rest.length === 0;
  const owner = serial === host.serial ? host : findHost(store, serial ?? '');
  const version = !isAnyones && owner ? osVersionOf(owner, config()) : defaultOsVersion(config());
  const segments = isAnyones ? path : rest;
  if (version === undefined) throw new ImageMissing('unknown', segments.join('/'));
  return closed(await images.open(version, segments));
}

async function closed({ handle, stats }: OpenFile): Promise<number> {
  await handle.close();
  return stats.size;
}

async function sized(
  file: Pick<SimulatedFile, 'url' | 'from'>,
  size: () => Promise<number | undefined>,
  missing: string,
): Promise<SimulatedFile> {
  try {
    const bytes = await size();
    return bytes === undefined ? { ...file, fault: missing } : { ...file, bytes };
  } catch (error) {
    if (error instanceof ImagoError) return { ...file, fault: error.message };
    throw error;
  }
}

/** Each once, in order; those that only the machine can complete are left out. NoCloud's folder stands for its two files. */
function urlsIn(text: string): string[] {
  const urls = [...text.matchAll(/(ds=nocloud[^ ]*;s=)?(https?:\/\/[^\s'"`\\|;<>)\]}]+)/g)].flatMap(
    ([, nocloud, url = '']) =>
      nocloud ? [`${url}meta-data`, `${url}user-data`] : [url.replace(/(?<![.,:!?])[.,:!?]+$/, '')],
  );
  return [...new Set(urls)].filter((url) => !/[${}]/.test(url));
}
