import { Fields, goJson } from './go-json.js';
import { JsonFields } from './json-fields.js';
import { isMacName, normalMac } from './labels.js';

/** Which machines get a profile, and what its templates are told of them. */
export interface Group {
  readonly id: string;
  /** For people; '' where there is none. */
  readonly name: string;
  /** The profile's id. */
  readonly profile: string;
  /** Labels that a machine must have; a `mac` is in lower case with colons. */
  readonly selector: Readonly<Record<string, string>>;
  /** A table in JSON, byte for byte as whoever put it wrote it. */
  readonly metadata?: string;
}

/**
 * @param id Of a file that names none: what stands before `.json` in its name.
 * @param path As it is named in messages.
 * @throws InvalidRecord that tells file and line
 */
export function parseGroup(text: string, path: string, id: string): Group {
  const fields = JsonFields.of(text, path);
  const metadata = fields.table('metadata');
  return {
    id: fields.text('id') || id,
    name: fields.text('name'),
    profile: fields.text('profile'),
    selector: selectorOf(fields),
    ...(metadata && { metadata: goJson(metadata) }),
  };
}

/** As matchbox writes the file. */
export function formatGroup(group: Group): string {
  return goJson(new Fields(fieldsOfGroup(group)), '\t');
}

export function fieldsOfGroup({ id, name, profile, selector, metadata }: Group) {
  const table: unknown = metadata === undefined ? {} : JSON.parse(metadata);
  return [
    ...filled({ id, name, profile }),
    ...filledTable('selector', selector),
    ...filledTable('metadata', table as object),
  ];
}

/** Fields that are not empty: Go leaves the others out. */
export function filled(texts: Readonly<Record<string, string>>): readonly (readonly [string, string])[] {
  return Object.entries(texts).filter(([, text]) => text !== '');
}

function filledTable(name: string, table: object): readonly (readonly [string, object])[] {
  return Object.keys(table).length > 0 ? [[name, table]] : [];
}

function selectorOf(fields: JsonFields): Group['selector'] {
  const entries = Object.entries(fields.textTable('selector'));
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const fit = isMacName(name) ? normalMac(value) : value;
      if (fit === undefined) throw fields.fault(`selector.${name}`, value, NO_MAC);
      return [name, fit];
    }),
  );
}

export const NO_MAC = 'is no hardware address: write it as in 52:54:00:00:00:01';
