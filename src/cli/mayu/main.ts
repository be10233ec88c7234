import { MayuClient } from '../../api/mayu-client.js';
import { cleanText, ImagoError } from '../../errors.js';
import { bootedMachine, environmentFiles, readEnvironment } from '../booted-machine.js';
import { baseUrlOf, type ConnectionWords, placeForMachines, thisOperator } from '../connection.js';
import { doorTo } from '../door.js';
import { UsageError } from '../errors.js';
import { parseMayuArguments, type MayuArguments } from './parse-arguments.js';
import { mayuDefaultFields, renderMayuList, renderMayuStatus } from './render.js';
import { setRequest } from './set-request.js';

const USAGE = `Manage a cluster, as mayuctl 0.11 does. imagoctl can do more.

Usage:
  mayuctl [flags] [command]

Available Commands:
  version                             Show cli version
  list [--fields=…] [--no-legend]     List machines.
  status <serial>                     Status of a host.
  set <serial> <key> <value>          Set metadata of machines (metadata, providerid, ipmiaddr, cabinet, state, etcdtoken).
  override <serial> <property> <value>
                                      Overrides globally defined properties for a host.
  boot-complete [--update-versions]   Change the state of a host to 'running' (only run on provisioned machines).

Flags:
  -d, --debug       Print debug output
      --host        Hostname to connect to (default IMAGO_HOST, or the imago of this computer through its socket)
      --no-tls      Do not use TLS communication
      --port        Port to connect to (default IMAGO_PORT, or 4443, with --no-tls 4080)
      --tls-ca      File of the CA that made the server's certificate (default IMAGO_TLS_CA, or what imagoctl login pinned)
  -v, --verbose     Print verbose output`;

/** One command of mayuctl. Says nothing when a change succeeds, and ends with 1 whatever goes wrong, as mayuctl does. */
export async function main(
  argv: readonly string[],
  { root, version }: { readonly root: string; readonly version: string },
): Promise<number> {
  let debug = false;
  try {
    const given = parseMayuArguments(argv);
    debug = given.on.has('debug');
    const lines = await run(given, { root, version });
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const shown = error instanceof ImagoError && !debug ? error.message : (error.stack ?? error.message);
    process.stderr.write(`mayuctl: ${debug ? shown : cleanText(shown.replace(/\s+/g, ' '))}\n`);
    return 1;
  }
}

async function run(
  given: MayuArguments,
  { root, version }: { readonly root: string; readonly version: string },
): Promise<readonly string[]> {
  const [command, ...words] = given.words;
  if (command === undefined || command === 'help' || given.on.has('help')) return [USAGE];
  switch (command) {
    case 'version':
      return [`mayuctl version ${version}`];
    case 'list':
      return renderMayuList(
        await (await clientOf(given, root)).hosts(),
        given.text['fields'] ?? mayuDefaultFields,
        !given.on.has('no-legend'),
      );
    case 'status': {
      const [serial] = take(1, words, 'status <serial>');
      const host = (await (await clientOf(given, root)).hosts()).find(({ Serial }) => Serial === serial);
      if (!host) throw new UsageError(`host ${serial} not found.`);
      return renderMayuStatus(host);
    }
    case 'set': {
      const [serial = '', key = '', value = ''] = take(3, words, 'set <serial> <key> <value>');
      const { request, body } = setRequest(key, value);
      await (await clientOf(given, root)).put(serial, request, body);
      return [];
    }
    case 'override': {
      const [serial = '', property = '', value = ''] = take(3, words, 'override <serial> <property> <value>');
      await (await clientOf(given, root)).put(serial, 'override', { Overrides: { [property]: value } });
      return [];
    }
    case 'boot-complete': {
      const environment = await readEnvironment(environmentFiles);
      const { serial, versions } = bootedMachine(environment, environmentFiles);
      await ownClient(given, environment.get('IMAGO_URL')).put(
        serial,
        'boot_complete',
        given.on.has('update-versions') ? versions : {},
      );
      return [];
    }
    default:
      throw new UsageError(`unknown command "${command}" for "mayuctl"; see mayuctl --help`);
  }
}

async function clientOf(given: MayuArguments, root: string): Promise<MayuClient> {
  const file = given.text['tls-ca'];
  const environment = { ...process.env, ...(file !== undefined && { IMAGO_TLS_CA: file }) };
  return new MayuClient(await doorTo(wordsOf(given), root, environment), thisOperator());
}

/** Of the machine that this runs on. @param url Where it knows imago to be, unless it is told otherwise. */
function ownClient(given: MayuArguments, url: string | undefined): MayuClient {
  const words = wordsOf(given);
  const isTold = words.host || process.env['IMAGO_HOST'];
  const baseUrl = isTold || url === undefined ? baseUrlOf(placeForMachines(words, process.env)) : url;
  return new MayuClient({ baseUrl }, thisOperator());
}

function wordsOf({ text: { host, port }, on, off }: MayuArguments): ConnectionWords {
  return { host, port, tls: on.has('no-tls') ? false : off.has('no-tls') ? true : undefined };
}

function take(count: number, words: readonly string[], usage: string): readonly string[] {
  if (words.length !== count) throw new UsageError(`Usage: mayuctl ${usage}`);
  return words;
}
