import { ImagoError, UnfitValue } from '../errors.js';
import type { SecretReader } from '../template/secret-reader.js';
import { TemplateFault } from '../template/template-fault.js';

/** A value may decide which others a template asks for. More than so many times over is no template but a loop. */
const MOST_PASSES = 8;

export interface PassesParts {
  /** That the template may ask for it. @throws UnfitValue */
  readonly check: (name: string) => void;
  /** What stands for a value that is not there yet. */
  readonly standIn: (name: string) => string;
  readonly resolve: (name: string) => Promise<string>;
  /** Whether faults of a pass with values may be shown: they hold what did not fit. */
  readonly showsFaults: boolean;
}

export interface Passed {
  readonly text: string;
  /** Of the secrets in it. */
  readonly names: readonly string[];
}

/**
 * Renders again until each secret that the template asks for has its value: templates render at once, and values have to be waited
 * for. A template that asks for none is rendered once.
 * @throws TemplateFault, and what `resolve` throws
 */
export async function inPasses(
  render: (secrets: SecretReader) => Promise<string>,
  parts: PassesParts,
): Promise<Passed> {
  const values = new Map<string, string>();
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const { text, fault, missing } = await onePass(render, values, parts);
    if (missing.size === 0) {
      if (text === undefined) throw fault;
      return { text, names: [...values.keys()] };
    }
    await Promise.all([...missing].map(async (name) => values.set(name, await parts.resolve(name))));
  }
  throw new Error(`a template asks for other secrets each time: ${MOST_PASSES} passes are not enough`);
}

/** The names that a template asks for first; what they are worth is not known. The text holds stand-ins. */
export async function firstPass(
  render: (secrets: SecretReader) => Promise<string>,
  parts: Pick<PassesParts, 'check' | 'standIn'>,
): Promise<{ readonly text: string | undefined; readonly names: readonly string[] }> {
  const { text, fault, missing } = await onePass(render, new Map(), { ...parts, showsFaults: true });
  if (missing.size === 0 && text === undefined) throw fault;
  return { text, names: [...missing] };
}

interface OnePass {
  readonly text?: string;
  readonly fault?: unknown;
  readonly missing: ReadonlySet<string>;
}

/** A fault counts only once all values are there: a stand-in may be at fault. */
async function onePass(
  render: (secrets: SecretReader) => Promise<string>,
  values: ReadonlyMap<string, string>,
  { check, standIn, showsFaults }: Pick<PassesParts, 'check' | 'standIn' | 'showsFaults'>,
): Promise<OnePass> {
  const missing = new Set<string>();
  const refused = new Set<unknown>();
  const read: SecretReader = (name) => {
    const value = values.get(name);
    if (value !== undefined) return value;
    try {
      check(name);
    } catch (error) {
      refused.add(error);
      throw error;
    }
    missing.add(name);
    return standIn(name);
  };
  try {
    return { text: await render(read), missing };
  } catch (error) {
    const isRefusal = error instanceof TemplateFault && refused.has(error.cause);
    if (values.size === 0 || showsFaults) {
      if (!(error instanceof TemplateFault) || isRefusal) throw error;
      return { fault: error, missing };
    }
    if (!(error instanceof TemplateFault) && error instanceof ImagoError) throw error;
    const fault = covered(error, isRefusal, [...values.keys()]);
    // The name that is refused can be a value: what the template asks for by name alone, the pass without values has seen.
    if (isRefusal) throw fault;
    return { fault, missing };
  }
}

/** The place of a fault, without its words: they can hold the value. */
function covered(error: unknown, isRefusal: boolean, names: readonly string[]): Error {
  const place =
    error instanceof TemplateFault
      ? { template: error.template, line: error.line }
      : { template: 'a template' };
  if (isRefusal) {
    return new TemplateFault(
      place,
      `secret(…) asks for one that there is not or that this machine may not have; which is not told, since it hangs on the value of ${names.join(', ')}: ask for it by a name in quotes, outside of conditions`,
    );
  }
  const what =
    error instanceof TemplateFault || error instanceof UnfitValue
      ? 'the value of a secret does not fit there'
      : 'it fails';
  return new TemplateFault(
    place,
    `${what}, with ${names.join(', ')}; how is not told, since it could show the value: see whether imagoctl render, which has none of them, takes it`,
  );
}
