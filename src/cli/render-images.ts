import type { ImageFetch, ImageVersion } from '../api/images.js';
import type { Column } from './columns.js';

export const imageColumns: readonly Column<ImageVersion>[] = [
  { heading: 'VERSION', value: ({ version }) => version },
  { heading: 'SOURCE', value: ({ source }) => source },
  { heading: 'FILES', value: ({ files }) => String(files.length) },
  { heading: 'SIZE', value: ({ files }) => bytes(files.reduce((sum, file) => sum + file.bytes, 0)) },
  { heading: 'PROOF', value: weakestProof },
  { heading: 'PROFILES', value: ({ profiles }) => profiles.join(',') || undefined },
  { heading: 'HOSTS', value: ({ hosts }) => String(hosts) },
];

/** A version is as certain as its least certain file; files that somebody put there have no proof at all. */
function weakestProof({ files }: ImageVersion): string | undefined {
  const proofs = files.map(({ proof }) => proof);
  if (proofs.length === 0 || proofs.includes(undefined)) return undefined;
  return (['none', 'digest', 'signature'] as const).find((proof) => proofs.includes(proof));
}

/** In powers of ten, three digits at most. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = count < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value >= 100 || power === 0 ? Math.round(value) : value.toFixed(1)} ${units[power]}`;
}

const BAR = 24;

/** `vmlinuz  [#####-----]  42 %  12 MB of 29 MB` */
export function progressLine(name: string, done: number, total: number | undefined): string {
  if (total === undefined) return `${name}  ${bytes(done)}`;
  const share = total === 0 ? 1 : done / total;
  const filled = Math.floor(share * BAR);
  const bar = `${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}`;
  return `${name}  [${bar}] ${String(Math.floor(share * 100)).padStart(3)} %  ${bytes(done)} of ${bytes(total)}`;
}

/** The file that is on its way now, as one line; what ended or has not begun yet is not shown. */
export function fetchLine({ version, files }: ImageFetch): string {
  const current = files.find(({ phase }) => phase === 'fetching' || phase === 'checking');
  if (!current) return `${version}  looking up what belongs to it`;
  const { name, phase, doneBytes, totalBytes, interruption } = current;
  const line = `${version}  ${progressLine(name, doneBytes, totalBytes)}`;
  if (phase === 'checking') return `${line}  checking`;
  return interruption === undefined || doneBytes === totalBytes
    ? line
    : `${line}  (again after: ${interruption})`;
}
