import { parseArgs } from 'node:util';
import { ImagoError, showValue } from '../errors.js';

export class WrongCommandLine extends ImagoError {
  readonly code = 'USAGE';

  constructor(fault: string, cause: unknown) {
    super(`${fault}; see imago --help`, {}, { cause });
  }
}

const options = {
  config: { type: 'string', default: 'conf/imago.yaml' },
  'check-config': { type: 'boolean', default: false },
  'import-mayu': { type: 'string' },
  'skip-faulty': { type: 'boolean', default: false },
  'import-matchbox': { type: 'string' },
  'check-matchbox': { type: 'string' },
  'etcd-endpoint': { type: 'string' },
  'without-etcd-registry': { type: 'boolean', default: false },
  'export-mayu': { type: 'string' },
  restore: { type: 'string' },
  version: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** @param words what follows imago. @throws WrongCommandLine */
export function readCommandLine(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw new WrongCommandLine(faultOf(String(error.code), error.message), error);
    throw error;
  }
}

/** Node’s own words, which are for programmers, name the option or the word in quotes. */
function faultOf(code: string, message: string): string {
  const named = /'([^']*)'/.exec(message)?.[1] ?? '';
  const option = /--[^ =]+/.exec(named)?.[0] ?? named;
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return `there is no option ${showValue(named)}`;
  if (code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL')
    return `${showValue(named)} is not understood: imago takes options alone, its machines are driven with imagoctl`;
  if (message.includes('does not take')) return `${option} takes no value`;
  return `${option} needs a value after it`;
}
