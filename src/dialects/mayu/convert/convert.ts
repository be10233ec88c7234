import { stringify } from 'yaml';
import { convertConfig, type Chosen } from './convert-config.js';
import { expand, type Surroundings } from './expand-template.js';
import { parseGoTemplate, type GoNode, type GoTemplate } from './go-template.js';
import { ignitionThree } from './ignition-three.js';
import { Marks, Untranslatable, type Mark, type Place } from './marks.js';
import { linesOf } from './template-lines.js';
import { ROOT } from './translate-expression.js';
import { writeText, writeYaml } from './write-template.js';
import { outlineOf } from './yaml-outline.js';

/** A file, by its path in the folder that it is of. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

export interface MayuSetup {
  readonly config: TextFile;
  readonly templates: readonly TextFile[];
  /** Of `--files-dir`. */
  readonly files: readonly TextFile[];
}

export interface Converted {
  /** Paths in the folder of the installation, as in `conf/imago.yaml`. */
  readonly files: readonly TextFile[];
  /** What a person must look at; each also stands where it is about, and is a fault or a comment there. */
  readonly marks: readonly Mark[];
  /** What became of the rest. */
  readonly notes: readonly string[];
}

/** Mayu's configuration and templates as imago's. */
export function convertMayu({ config, templates, files }: MayuSetup): Converted {
  const marks = new Marks();
  const converted = convertConfig(config.text, config.path, marks);
  const converter = new TemplateConverter(converted.env, files, marks);
  const made = converter.convert(templates);
  const isUsed = (variable: string): boolean =>
    made.files.some(({ text }) => text.includes(`vars.${variable}`));
  return {
    files: [{ path: 'conf/imago.yaml', text: converted.write(made.chosen, isUsed) }, ...made.files],
    marks: marks.all,
    notes: [...converted.notes, ...made.notes],
  };
}

type Kind = 'ignition' | 'cloudConfig';

interface Parsed extends GoTemplate {
  readonly path: string;
  readonly kind: Kind | undefined;
}

class TemplateConverter {
  readonly #notes: string[] = [];
  readonly #included = new Map<string, string>();

  constructor(
    private readonly env: Readonly<Record<string, unknown>>,
    private readonly files: readonly TextFile[],
    private readonly marks: Marks,
  ) {}

  convert(templates: readonly TextFile[]): {
    readonly files: readonly TextFile[];
    readonly chosen: Chosen;
    readonly notes: readonly string[];
  } {
    const parsed = templates.flatMap((file) => this.#parsed(file));
    const made = parsed.flatMap((one) => {
      if (one.kind === undefined) return [];
      const text = this.#template(one, one.kind, parsed);
      return text === undefined ? [] : [{ source: one.path, kind: one.kind, path: nameOf(one.path), text }];
    });
    const choose = (kind: Kind, usual: string): string | undefined => {
      const of = made.filter((one) => one.kind === kind);
      const chosen = of.find(({ source }) => baseName(source) === usual) ?? of[0];
      for (const other of of.filter((one) => one !== chosen))
        this.#notes.push(
          `templates/${other.path} is converted from ${other.source}, and no profile names it`,
        );
      return chosen?.path;
    };
    const ignition = choose('ignition', 'ignition.yaml');
    const cloudConfig = choose('cloudConfig', 'last_stage_cloudconfig.yaml');
    return {
      chosen: { ignition, cloudConfig },
      files: [
        ...made.map(({ path, text }) => ({ path: `templates/${path}`, text })),
        ...this.#includedFiles(),
      ],
      notes: this.#notes,
    };
  }

  #parsed({ path, text }: TextFile): readonly Parsed[] {
    if (path.endsWith('.sh')) {
      this.#notes.push(
        `${path} is not converted: imago’s templates/first-stage.sh does what Mayu’s did; write what is your own into a copy of it (profiles[].templates.firstStage)`,
      );
      return [];
    }
    if (path.endsWith('.conf')) {
      this.#notes.push(
        `${path} is not converted: DHCP and TFTP are imago’s own, see docs/from-mayu.md for its settings`,
      );
      return [];
    }
    const yaml = /\.(json|ign)$/.test(path) ? this.#yamlOfJson(path, text) : text;
    if (yaml === undefined) return [];
    const parsed = parseGoTemplate(yaml, path);
    if (parsed.fault) this.marks.add(parsed.fault.at, `${parsed.fault.text}: the file is not converted`);
    return [{ ...parsed, path, kind: parsed.fault ? undefined : kindOf(yaml) }];
  }

  /** JSON is YAML; what is chosen in it stands within texts, or it is not understood. */
  #yamlOfJson(path: string, text: string): string | undefined {
    const actions: string[] = [];
    const plain = text.replaceAll(
      /\{\{[\s\S]*?\}\}/g,
      (action) => `\u{e000}${actions.push(action) - 1}\u{e001}`,
    );
    try {
      return stringify(JSON.parse(plain), {
        lineWidth: 0,
        defaultStringType: 'QUOTE_DOUBLE',
        defaultKeyType: 'PLAIN',
      }).replaceAll(/\u{e000}(\d+)\u{e001}/gu, (_, index: string) =>
        (actions[Number(index)] ?? '').replaceAll('\\"', '"'),
      );
    } catch {
      this.marks.add(
        { file: path, line: 1 },
        'is no JSON when its {{…}} are taken for texts: the file is not converted',
      );
      return undefined;
    }
  }

  #template({ path, body }: Parsed, kind: Kind, all: readonly Parsed[]): string | undefined {
    const fault = (text: string, { at }: { at: Place }): Mark => this.marks.add(at, text);
    try {
      const pieces = expand(body, this.#scope(), this.#surroundings(snippetsFor(kind, path, all)));
      const outline = outlineOf(linesOf(pieces));
      const nodes =
        kind === 'ignition'
          ? ignitionThree(outline, {
              mark: (at, text) => this.marks.add(at, text),
              note: (at, text) => this.#notes.push(`${at.file}:${at.line}: ${text}`),
            })
          : outline;
      const text = writeYaml(nodes, fault);
      const head = kind === 'cloudConfig' ? '#cloud-config\n' : '';
      const rest = kind === 'cloudConfig' ? text.replace(/^#cloud-config.*\n/, '') : text;
      return `${head}# Converted from Mayu’s ${path}.\n${this.#inclusions(text)}${rest}`;
    } catch (error) {
      if (!(error instanceof Untranslatable)) throw error;
      this.marks.add({ file: path, line: 1 }, `${error.message}: the file is not converted`);
      return undefined;
    }
  }

  #scope() {
    return { dot: ROOT, variables: new Map(), env: this.env };
  }

  #surroundings(snippets: ReadonlyMap<string, readonly GoNode[]>): Surroundings {
    return {
      env: this.env,
      snippets,
      marks: this.marks,
      fileVariable: (path) => {
        if (!this.files.some((file) => file.path === path)) return undefined;
        const known = this.#included.get(path) ?? `mayu_file_${this.#included.size + 1}`;
        this.#included.set(path, known);
        return known;
      },
    };
  }

  #inclusions(text: string): string {
    return [...this.#included]
      .filter(([, name]) => text.includes(name))
      .map(([path, name]) => `{% set ${name} %}{% include "${snippetPath(path)}" %}{% endset %}\n`)
      .join('');
  }

  /** Files of Mayu's are templates too. */
  #includedFiles(): readonly TextFile[] {
    return [...this.#included.keys()].flatMap((path) => {
      const file = this.files.find((one) => one.path === path);
      const { body } = parseGoTemplate(file?.text ?? '', path);
      const pieces = expand(body, this.#scope(), this.#surroundings(new Map()));
      return [{ path: `template_snippets/${snippetPath(path)}`, text: writeText(linesOf(pieces)) }];
    });
  }
}

/** Its language is none of those whose values imago places itself. */
function snippetPath(path: string): string {
  return `mayu-files/${path}.txt`;
}

function kindOf(text: string): Kind | undefined {
  if (/^#cloud-config\b/m.test(text)) return 'cloudConfig';
  const outside = text.replaceAll(
    /\{\{-?\s*define[\s\S]*?\{\{-?\s*end\s*-?\}\}\s*(?=\{\{-?\s*define|$)/g,
    '',
  );
  return /^(ignition|ignition_version):/m.test(outside) ? 'ignition' : undefined;
}

/** Mayu 0.11 has snippets of the same names for both kinds, in folders of their own. */
function snippetsFor(
  kind: Kind,
  path: string,
  all: readonly Parsed[],
): ReadonlyMap<string, readonly GoNode[]> {
  const word = kind === 'ignition' ? 'ignition' : 'cloudconfig';
  const other = kind === 'ignition' ? 'cloudconfig' : 'ignition';
  const rank = (one: Parsed): number => {
    if (one.path === path) return 3;
    if (one.path.split('/').slice(0, -1).includes(word)) return 2;
    return one.path.split('/').slice(0, -1).includes(other) ? 0 : 1;
  };
  const ranked = [...all].sort((a, b) => rank(a) - rank(b));
  return new Map(ranked.flatMap(({ defines }) => [...defines]));
}

function baseName(path: string): string {
  return path.split('/').at(-1) ?? path;
}

function nameOf(path: string): string {
  return `mayu-${path.replaceAll('/', '-').replace(/\.(yml|json|ign)$/, '.yaml')}`;
}
