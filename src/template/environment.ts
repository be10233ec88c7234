import { UnfitValue } from '../errors.js';
import { escapers, type Escaper } from './filters.js';
import type { KnownNames } from './lint-template.js';
import { engine, type NunjucksEnvironment, type TemplateLoader } from './nunjucks-engine.js';
import { SECRETS, type SecretReader } from './secret-reader.js';
import { ESCAPE, PRESENT, SECRET } from './strict-lookups.js';
import { TemplateFault } from './template-fault.js';
import { kindOf } from './template-kind.js';

const escaperByName: ReadonlyMap<string, Escaper> = new Map(Object.entries(escapers));

/** What nunjucks brings for HTML; here it would only look safe. */
const UNWANTED = new Set(['safe', 'escape', 'e', 'forceescape']);

/** nunjucks as these templates use it: strict, without HTML, with our filters. */
export function createEnvironment(loader: TemplateLoader): {
  environment: NunjucksEnvironment;
  known: KnownNames;
} {
  const environment = new engine.Environment(loader, {
    autoescape: false,
    throwOnUndefined: true,
    dev: true,
  });
  for (const [name, escaper] of Object.entries(escapers)) {
    environment.addFilter(name, (value, ...options) => escaper(value, ...options));
  }
  const known: KnownNames = {
    escapers: new Set(Object.keys(escapers)),
    filters: new Set(Object.keys(environment.filters).filter((name) => !UNWANTED.has(name))),
    tests: new Set(Object.keys(environment.tests)),
  };
  environment.addFilter(PRESENT, present);
  environment.addFilter(ESCAPE, escape);
  environment.addFilter(SECRET, secret);
  return { environment, known };
}

function present(value: unknown, template: unknown, line: unknown, lookup: unknown): unknown {
  if (value !== undefined) return value;
  const name = String(lookup);
  const remedy = name.startsWith('vars.')
    ? 'set it in templateVariables, in the variables of the profile or in the overrides of the host, or write a default(…) for it'
    : 'docs/templates.md lists what there is';
  throw new TemplateFault(
    { template: String(template), line: Number(line) },
    `${name} is missing: ${remedy}`,
  );
}

function escape(
  value: unknown,
  template: unknown,
  line: unknown,
  name: unknown,
  isOutput: unknown,
  first: unknown,
  second: unknown,
): string {
  const place = { template: String(template), line: Number(line) };
  const filter = String(name);
  try {
    const text = escaperByName.get(filter)?.(value, first, second);
    if (text === undefined) throw new UnfitValue('is nothing that can be written');
    if (
      isOutput === true &&
      !SEVERAL_LINES.has(filter) &&
      LINE_BREAK.test(text) &&
      kindOf(place.template) !== 'shell'
    ) {
      throw new UnfitValue(
        'holds a line break, which would not stay in its place here: use the yaml or json filter, or a template of its own',
      );
    }
    return text;
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    throw new TemplateFault(place, `a value for | ${filter} ${error.message}`, { cause: error });
  }
}

/** What nunjucks calls a filter on. */
interface FilterThis {
  readonly ctx: { readonly [SECRETS]?: SecretReader | undefined };
}

function secret(this: unknown, name: unknown, template: unknown, line: unknown): string {
  const place = { template: String(template), line: Number(line) };
  const read = (this as FilterThis).ctx[SECRETS];
  try {
    if (!read) throw new UnfitValue(NO_PLACE);
    if (typeof name !== 'string')
      throw new UnfitValue('is called with a name in quotes, as in secret("root-hash")');
    return read(name);
  } catch (error) {
    if (!(error instanceof UnfitValue)) throw error;
    throw new TemplateFault(place, `secret(…) ${error.message}`, { cause: error });
  }
}

const NO_PLACE =
  'has no place here: only configurations, first-stage scripts and the Ignition of installers are handed to one machine alone';

/** Filters that may put out more than one line. */
const SEVERAL_LINES: ReadonlySet<string> = new Set(['trusted', 'ipxePlan']);
const LINE_BREAK = /[\n\r\u0085\u2028\u2029]/;
