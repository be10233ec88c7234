import { InvalidHost } from '../host/host-json.js';
import { InvalidRecord } from '../host/record-kind.js';
import { isHostFile } from './layout.js';

/** A link where the file of a record, or a folder that leads to it, should be: what it leads to is nobody's record. */
export function linkFault(path: string): InvalidRecord {
  const Fault = isHostFile(path) ? InvalidHost : InvalidRecord;
  return new Fault('', path, 'is a link, which is never followed: put what it leads to in its place', {
    file: path,
    line: 1,
  });
}
