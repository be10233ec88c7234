import { showValue } from '../../../errors.js';
import { checkIgnition } from '../../../template/ignition-check.js';
import { IgnitionFile } from './ignition-file.js';
import { ignitionJson, tableAt, type Table } from './ignition-json.js';
import { maskModes } from './mask-modes.js';
import type { Translated } from './translate-butane.js';

/** The version that matchbox 0.11 makes of every older one. */
const SERVED = '3.4.0';

/**
 * An Ignition config as matchbox 0.11 serves it: read, checked, brought forward to 3.4.0, written as Go's encoding/json writes it. One of a
 * later version, which matchbox does not know, keeps its own.
 * @param text of a file, or what Butane made
 * @param name of the file, for faults
 * @throws TemplateFault with the line and the field
 */
export function serveIgnition(text: string, name: string): Translated {
  const file = new IgnitionFile(text, name);
  const config = file.read();
  const version = versionOf(config, file);
  for (const path of maskModes(config, version)) {
    file.warn(path, 'its bits of setuid, setgid and sticky are not set before Ignition 3.4.0');
  }
  const { faults } = checkIgnition(config);
  const [first, ...others] = faults.filter(({ takenByIgnition }) => takenByIgnition !== true);
  if (first) {
    throw file.fault(
      first.path,
      first.reason + (others.length > 0 ? `; ${others.length} more are wrong` : ''),
    );
  }
  for (const { path, reason } of faults) file.warn(path, `${reason}; Ignition takes it all the same`);
  const served = version < SERVED ? SERVED : version;
  config['ignition'] = { ...tableAt(config, 'ignition'), version: served };
  return { ignition: ignitionJson(config, served, true), warnings: file.warnings };
}

function versionOf(config: Table, file: IgnitionFile): string {
  const { version } = tableAt(config, 'ignition');
  const path = ['ignition', 'version'];
  if (typeof version !== 'string') {
    throw file.fault(path, 'is missing: an Ignition config names its version, as in "3.3.0"');
  }
  if (/^[12]\./.test(version)) {
    throw file.fault(
      path,
      `${showValue(version)} is of Container Linux, which matchbox served before 0.10: make a config of version 3 of it`,
    );
  }
  return version;
}
