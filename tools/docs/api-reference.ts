import { rolesThatMay, type Permission } from '../../src/api/role.js';
import { openApiDocument } from '../../src/api/openapi.js';

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: boolean | Schema;
  readonly anyOf?: readonly Schema[];
}
interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}
interface Operation {
  readonly summary: string;
  readonly 'x-imago-needs': Permission;
  readonly parameters: readonly {
    readonly name: string;
    readonly in: string;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** `/api/v1` as a page in Markdown, made from the document that clients get, so that it cannot be out of date. */
export function apiReference(): string {
  const { paths, components }: Document = JSON.parse(JSON.stringify(openApiDocument('')));
  const calls = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => describeCall(method, path, operation)),
  );
  const schemas = Object.entries(components.schemas).flatMap(([name, schema]) => [
    '',
    `### ${name}`,
    '',
    ...(schema.description ? [schema.description, ''] : []),
    ...fieldsOf(schema),
  ]);
  return [
    '# The REST API',
    '',
    'JSON over HTTP, on the listener for operators (`listeners.admin`). `imagoctl` uses it and nothing else. The same as an',
    'OpenAPI 3.1 document: `GET /api/v1/openapi.json`.',
    '',
    'A refusal is an `application/problem+json` (RFC 9457): `detail` is one sentence that says why and what to do, `code` is',
    'stable and meant for programs. Changes can be made again without harm: what is so already makes no commit. With `If-Match` and the',
    '`ETag` of a host, or of another record, a change is refused with 412 when somebody else changed it meanwhile.',
    '',
    'Who asks shows a token, `Authorization: Bearer imago_…` (`imagoctl token create`); its name stands in the history. At the Unix socket of the server, and where the',
    'listener is `trusted`, he names himself with the header `X-Imago-Operator` and is an admin. Each call says what it needs: `read` is for all roles, `command` for',
    `${list('command')}, \`administer\` for ${list('administer')}, \`audit\` for ${list('audit')}. Every call can be answered 401 (nobody is known to ask), 403 (his role is`,
    'not enough), 429 (too many logins failed from his address) and 500.',
    '',
    'The body of a POST is `application/json`, or 415 is the answer. What a web page of another site has a browser send is refused with 403, and a name',
    'that this server does not go by with 421: it is known by its addresses, as `localhost`, by its host name, and by `listeners.admin.names`.',
    '',
    'This page is made from the schemas: `npm run docs`.',
    '',
    '## Calls',
    ...calls,
    '',
    '## Values',
    ...schemas,
    '',
  ].join('\n');
}

const OF_ALL_CALLS = new Set(['401', '403', '429', '500']);

function list(permission: Permission): string {
  return rolesThatMay(permission).join(' and ');
}

function describeCall(method: string, path: string, operation: Operation): string[] {
  const { summary, parameters, requestBody, responses } = operation;
  const body = requestBody?.content?.['application/json']?.schema;
  const rows = parameters
    .filter((parameter) => parameter.in === 'query')
    .map(({ name, description, schema }) => row([`\`${name}\``, typeOf(schema), description ?? '']));
  const table = rows.length > 0 ? ['', ...head(['query', 'type', 'meaning']), ...rows] : [];
  const isInline = body !== undefined && body.$ref === undefined;
  return [
    '',
    `### \`${method.toUpperCase()} ${path}\``,
    '',
    `${summary} Needs \`${operation['x-imago-needs']}\`.`,
    ...table,
    ...(body ? ['', isInline ? 'Body:' : `Body: ${typeOf(body)}`] : []),
    ...(isInline ? ['', ...fieldsOf(body)] : []),
    '',
    `Answers: ${Object.entries(responses)
      .filter(([status]) => !OF_ALL_CALLS.has(status))
      .map(describeAnswer)
      .join(' · ')}`,
  ];
}

function describeAnswer([status, { content }]: [string, Content]): string {
  if (Number(status) >= 400) return status;
  const schema = content?.['application/json']?.schema;
  const [type] = Object.keys(content ?? {});
  const bytes = type === undefined ? ' without a body' : ` ${type}`;
  return `**${status}**${schema ? ` ${shapeOf(schema)}` : bytes}`;
}

/** An answer in one line: `{ hosts: list of Host, total?: integer }`. */
function shapeOf(schema: Schema): string {
  if (!schema.properties) return typeOf(schema);
  const fields = Object.entries(schema.properties).map(
    ([name, field]) => `${name}${schema.required?.includes(name) ? '' : '?'}: ${shapeOf(field)}`,
  );
  return `{ ${fields.join(', ')} }`;
}

function fieldsOf(schema: Schema): string[] {
  if (!schema.properties) return [typeOf(schema)];
  const rows = Object.entries(schema.properties).map(([name, field]) =>
    row([
      `\`${name}\``,
      `${typeOf(field)}${schema.required?.includes(name) ? '' : ', optional'}`,
      field.description ?? '',
    ]),
  );
  return [...head(['field', 'type', 'meaning']), ...rows];
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.replace(/^.*\//, '');
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (schema.enum) return schema.enum.map((value) => `\`${String(value)}\``).join(' or ');
  if (schema.anyOf) {
    return schema.anyOf.map((variant) => (variant.type === 'null' ? '`null`' : typeOf(variant))).join(' or ');
  }
  if (schema.items) return `list of ${shapeOf(schema.items)}`;
  if (typeof schema.additionalProperties === 'object')
    return `table of ${typeOf(schema.additionalProperties)}`;
  return schema.type ?? 'anything';
}

function head(cells: readonly string[]): string[] {
  return [row(cells), row(cells.map(() => '---'))];
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
