import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ImagoError } from '../errors.js';

/** What would be written into such a repository by imago's rules would damage it. */
class UnknownFormat extends ImagoError {
  readonly code = 'UNKNOWN_FORMAT';

  constructor(gitDirectory: string, what: string) {
    const old = dirname(gitDirectory);
    super(
      `${gitDirectory} is in a format that imago does not know: ${what}. Its history goes into a plain repository by git init -q --object-format=sha1 NEW && git -C ${old} fast-export --all | git -C NEW fast-import --quiet && git -C NEW checkout -q $(git -C ${old} symbolic-ref --short HEAD)`,
      { gitDirectory },
    );
  }
}

/** Extensions that change nothing of what imago reads and writes, with the values for which that holds. */
const HARMLESS: ReadonlyMap<string, RegExp> = new Map([
  ['noop', /./],
  ['noop-v1', /./],
  ['objectformat', /^sha1$/i],
  ['refstorage', /^files$/i],
  ['relativeworktrees', /./],
  ['worktreeconfig', /./],
]);

/**
 * Git's "repository-version": a program that does not know the version, or one of the extensions, keeps its hands off.
 * @throws UnknownFormat
 */
export function requireKnownFormat(gitDirectory: string): void {
  const file = join(gitDirectory, 'config');
  if (!existsSync(file)) return;
  const settings = parseConfig(readFileSync(file, 'utf8'));
  const version = settings.findLast(({ name }) => name === 'core.repositoryformatversion')?.value ?? '0';
  if (version !== '0' && version !== '1') throw new UnknownFormat(gitDirectory, `its version is ${version}`);
  for (const { name, value } of settings) {
    const [, extension] = /^extensions\.(.*)$/.exec(name) ?? [];
    if (extension !== undefined && !HARMLESS.get(extension)?.test(value))
      throw new UnknownFormat(gitDirectory, `it has ${name} = ${value}`);
  }
}

interface Setting {
  /** Section and key in lower case, as in `core.bare`. */
  readonly name: string;
  /** `true` for a key alone. */
  readonly value: string;
}

/** As much of git-config's syntax as extensions are written in: sections without a second name, values on one line. */
function parseConfig(text: string): readonly Setting[] {
  let section = '';
  return text.split(/\r?\n/).flatMap((line) => {
    const [, header, rest = ''] = /^(?:\[([^\]]*)\])?(.*)$/.exec(line.trim()) ?? [];
    if (header !== undefined) section = header.trim().toLowerCase();
    const [, key, value = 'true'] = /^([A-Za-z][\w-]*)\s*(?:=\s*"?([^"#;]*))?/.exec(rest.trimStart()) ?? [];
    return key === undefined ? [] : [{ name: `${section}.${key.toLowerCase()}`, value: value.trim() }];
  });
}
