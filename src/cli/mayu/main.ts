import { MayuClient } from '../../api/mayu-client.js';
import { cleanText, ImagoError } from '../../errors.js';
import { bootedMachine, environmentFiles, readEnvironment } from '../booted-machine.js';
import { baseUrlOf, tlsFromEnvironment, thisOperator } from '../connection.js';
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
      --host        Hostname to connect to (default "localhost", or IMAGO_HOST)
      --no-tls      Do not use TLS communication (the default; --no-tls=false or IMAGO_TLS=1 uses it)
      --port        Port to connect to (default 4080, or IMAGO_PORT)
  -v, --verbose     Print verbose output`;

/** One command of mayuctl. Says nothing when a change succeeds, and ends with 1 whatever goes wrong, as mayuctl does. */
export async function main(
  argv: readonly string[],
  { version }: { readonly version: string },
): Promise<number> {
  let debug = false;
  try {
    const given = parseMayuArguments(argv);
    debug = given.on.has('debug');
    const lines = await run(given, version);
    if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const shown = error instanceof ImagoError && !debug ? error.message : (error.stack ?? error.message);
    process.stderr.write(`mayuctl: ${debug ? shown : cleanText(shown.replace(/\s+/g, ' '))}\n`);
    return 1;
  }
}

async function run(given: MayuArguments, version: string): Promise<readonly string[]> {
  const [command, ...words] = given.words;
  if (command === undefined || command === 'help' || given.on.has('help')) return [USAGE];
  switch (command) {
    case 'version':
      return [`mayuctl version ${version}`];
    case 'list':
      return renderMayuList(
        await clientOf(given).hosts(),
        given.text['fields'] ?? mayuDefaultFields,
        !given.on.has('no-legend'),
      );
    case 'status': {
      const [serial] = take(1, words, 'status <serial>');
      const host = (await clientOf(given).hosts()).find(({ Serial }) => Serial === serial);
      if (!host) throw new UsageError(`host ${serial} not found.`);
      return renderMayuStatus(host);
    }
    case 'set': {
      const [serial = '', key = '', value = ''] = take(3, words, 'set <serial> <key> <value>');
      const { request, body } = setRequest(key, value);
      await clientOf(given).put(serial, request, body);
      return [];
    }
    case 'override': {
      const [serial = '', property = '', value = ''] = take(3, words, 'override <serial> <property> <value>');
      await clientOf(given).put(serial, 'override', { Overrides: { [property]: value } });
      return [];
    }
    case 'boot-complete': {
      const environment = await readEnvironment(environmentFiles);
      const { serial, versions } = bootedMachine(environment, environmentFiles);
      await clientOf(given, environment.get('IMAGO_URL')).put(
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

/** @param ownUrl Where the machine itself knows imago to be, unless it is told otherwise. */
function clientOf({ text, on, off }: MayuArguments, ownUrl?: string): MayuClient {
  const host = text['host'] ?? process.env['IMAGO_HOST'];
  if (host === undefined && ownUrl !== undefined) return new MayuClient(ownUrl, thisOperator());
  const baseUrl = baseUrlOf({
    host: host ?? 'localhost',
    port: text['port'] ?? process.env['IMAGO_PORT'] ?? '4080',
    tls: off.has('no-tls') || (!on.has('no-tls') && tlsFromEnvironment(process.env)),
  });
  return new MayuClient(baseUrl, thisOperator());
}

function take(count: number, words: readonly string[], usage: string): readonly string[] {
  if (words.length !== count) throw new UsageError(`Usage: mayuctl ${usage}`);
  return words;
}
