import { readdirSync, readFileSync } from 'node:fs';
import { requests } from '../unit/dhcp/pcap.js';

const fixtures = new URL('../../../test/fixtures/', import.meta.url);

/** Each file of test/fixtures/fuzz/FOLDER is one case in hex, blanks allowed; for DHCP the captures of real clients too. */
export function readCorpus(folder: string): Buffer[] {
  const files = new URL(`fuzz/${folder}/`, fixtures);
  const written = readdirSync(files)
    .filter((name) => name.endsWith('.hex'))
    .map((name) => Buffer.from(readFileSync(new URL(name, files), 'latin1').replaceAll(/\s/g, ''), 'hex'));
  return folder === 'dhcp' ? [...written, ...captured()] : written;
}

function captured(): Buffer[] {
  return readdirSync(new URL('pcap/', fixtures)).flatMap((name) => requests(name.replace('.pcap', '')));
}
