import { openInside } from '../files/open-inside.js';
import { pathSegments, plainPath } from './request-target.js';

/** What this server would answer with at a URL of its own, found without asking for it: nothing comes of it. */
export type ServedFile =
  | { readonly bytes: number }
  /** Why it would answer with none. */
  | { readonly fault: string }
  /** It would be fetched from there; `named` as for `FetchClient.open`. */
  | { readonly origin: string; readonly named?: string | undefined }
  /** It is made when it is asked for. */
  | 'made';

/** Undefined for a URL that is another's. */
export type ServedFileAt = (url: string) => ServedFile | undefined | Promise<ServedFile | undefined>;

interface ListenerParts {
  /** Without a slash at the end. */
  readonly base: () => string;
  /** The first part of the paths of its files. */
  readonly below: string;
  /** Where those are; undefined where it serves none. */
  readonly folder: () => string | undefined;
  /** The setting that says so. */
  readonly setting: string;
  /** First parts of paths that it answers otherwise. */
  readonly made: readonly string[];
}

/** The files of a listener of another system, as `sendStatic` serves them. */
export function filesOfListener({ base, below, folder, setting, made }: ListenerParts): ServedFileAt {
  const onDemand = new Set(['', ...made]);
  return async (url) => {
    const segments = segmentsBelow(base(), url);
    if (!segments) return undefined;
    const [first = '', ...rest] = segments;
    if (onDemand.has(first)) return 'made';
    if (first !== below) return { fault: 'nothing is served there' };
    const root = folder();
    if (root === undefined) return { fault: `no file is served there: set ${setting}` };
    const isHidden = rest.some((segment) => segment.startsWith('.'));
    const bytes = isHidden ? undefined : await sizeInside([root], rest);
    return bytes === undefined ? { fault: `${root} has no such file: put it there` } : { bytes };
  };
}

/** The segments of the path of a URL below that one; undefined where it is not. What cannot be decoded names nothing. */
export function segmentsBelow(base: string, url: string): readonly string[] | undefined {
  if (!url.startsWith(`${base}/`)) return undefined;
  const [path = ''] = url.slice(base.length).split(/[?#]/, 1);
  return pathSegments(plainPath(path)) ?? [];
}

/** In bytes, of the first folder that has it. */
export async function sizeInside(
  folders: readonly string[],
  path: readonly string[],
): Promise<number | undefined> {
  for (const folder of folders) {
    const file = await openInside(folder, path);
    if (!file) continue;
    await file.handle.close();
    return file.stats.size;
  }
  return undefined;
}
