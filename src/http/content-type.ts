import { extname } from 'node:path';

const typeOfExtension: Readonly<Record<string, string>> = {
  '.ipxe': 'text/plain; charset=utf-8',
  '.sh': 'text/x-shellscript; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.json': 'application/json',
  '.ign': 'application/json',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
  '.gz': 'application/gzip',
  '.bz2': 'application/x-bzip2',
  '.xz': 'application/x-xz',
};

export function contentTypeOf(path: string): string {
  return typeOfExtension[extname(path).toLowerCase()] ?? 'application/octet-stream';
}
