import { z } from 'zod';
import { type ApiEndpoint, OPERATOR_HEADER } from './endpoint.js';
import { endpoints } from './endpoints.js';
import { Event } from './events.js';
import { schemas as table } from './schema-table.js';
import { ApiHost, HistoryEntry, HostPatch, Lease, NewHost, Problem, Progress, State } from './schemas.js';

/** Schemas that are referred to by name. */
const names: readonly (readonly [name: string, schema: z.ZodType])[] = [
  ['Host', ApiHost],
  ['State', State],
  ['Progress', Progress],
  ['HistoryEntry', HistoryEntry],
  ['Lease', Lease],
  ['Event', Event],
  ['HostPatch', HostPatch],
  ['NewHost', NewHost],
  ['Problem', Problem],
];

/** What each call can be refused with: who asks is not known, may not do that, or has failed too often; imago is at fault. */
const OF_ALL_CALLS = [401, 403, 429, 500];

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 document of `/api/v1`, made of the schemas that its requests and answers are checked with. */
export function openApiDocument(version: string): Json {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [id, endpoint] of Object.entries<ApiEndpoint>(endpoints)) {
    const path = (paths[endpoint.path.replace(/:(\w+)/g, '{$1}')] ??= {});
    path[endpoint.method.toLowerCase()] = operation(id, endpoint, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'imago',
      version,
      description: 'Drives the machines of a provisioning network. Every change is a Git commit.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths,
    components: {
      schemas: schemas.named(),
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'A token of an operator: imago_<id>_<secret>.',
        },
      },
    },
  };
}

function operation(id: string, endpoint: ApiEndpoint, schemas: Schemas): Json {
  const {
    method,
    path,
    summary,
    parameters,
    query,
    body,
    status,
    answer,
    problems,
    isVersioned,
    isStream,
    answerType,
    needs,
  } = endpoint;
  const isChange = method !== 'GET';
  const isGuarded = isChange && isVersioned === true && status !== 201;
  const header = (name: string, description: string) => ({
    name,
    in: 'header',
    required: false,
    description,
    schema: { type: 'string' },
  });
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    schema: schemas.of(parameters?.[name] ? table[parameters[name]] : z.string(), 'input'),
  }));
  return {
    operationId: id,
    summary,
    security: [{ token: [] }],
    'x-imago-needs': needs,
    parameters: [
      ...inPath,
      ...(query ? queryParameters(table[query] as z.ZodObject, schemas) : []),
      ...(isChange
        ? [
            header(
              OPERATOR_HEADER,
              'Who commands, at the socket and where the listener is trusted: elsewhere the token tells.',
            ),
          ]
        : []),
      ...(isGuarded
        ? [header('If-Match', 'Refused with 412 when the host, or the record, is not of this ETag any more.')]
        : []),
      ...(isStream ? [header('Last-Event-ID', 'Of a stream: the last event that the client has seen.')] : []),
    ],
    ...(body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: schemas.of(table[body], 'input') } },
      },
    }),
    responses: {
      [status]: {
        description: summary,
        ...(isVersioned && answer && { headers: { ETag: { schema: { type: 'string' } } } }),
        ...(answerType !== undefined && {
          content: { [answerType]: { schema: { type: 'string', format: 'binary' } } },
        }),
        ...(answer && {
          content: {
            'application/json': { schema: schemas.of(table[answer], 'output') },
            ...(isStream && { 'text/event-stream': { schema: { type: 'string' } } }),
          },
        }),
      },
      ...Object.fromEntries(
        [...problems, ...OF_ALL_CALLS].map((problem) => [problem, problemAnswer(schemas)]),
      ),
    },
  };
}

function queryParameters(query: z.ZodObject, schemas: Schemas): Json[] {
  return Object.entries(query.shape).map(([name, schema]) => {
    const { description, default: _default, ...rest } = schemas.of(schema as z.ZodType, 'input');
    return {
      name,
      in: 'query',
      required: false,
      ...(description !== undefined && { description }),
      schema: rest,
    };
  });
}

function problemAnswer(schemas: Schemas): Json {
  return {
    description: 'Refused; `detail` says why and what to do.',
    content: { 'application/problem+json': { schema: schemas.of(Problem, 'output') } },
  };
}

/** Zod schemas as JSON schemas that refer to each other by name. */
class Schemas {
  readonly #registry = z.registry<{ id: string }>();

  constructor() {
    for (const [id, schema] of names) this.#registry.add(schema, { id });
  }

  of(schema: z.ZodType, io: 'input' | 'output'): Json {
    const named = this.#registry.get(schema);
    if (named) return { $ref: reference(named.id) };
    const whole = z.registry<{ id: string }>();
    for (const [id, each] of names) whole.add(each, { id });
    whole.add(schema, { id: 'this' });
    const { schemas } = z.toJSONSchema(whole, { io, uri: reference });
    return bare(schemas['this'] ?? {});
  }

  named(): Json {
    const convert = (io: 'input' | 'output') =>
      z.toJSONSchema(this.#registry, { io, uri: reference }).schemas;
    const [asInput, asOutput] = [convert('input'), convert('output')];
    const isBody = (schema: z.ZodType) => schema === HostPatch || schema === NewHost;
    return Object.fromEntries(
      names.map(([id, schema]) => [id, bare((isBody(schema) ? asInput : asOutput)[id] ?? {})]),
    );
  }
}

function reference(id: string): string {
  return `#/components/schemas/${id}`;
}

/** In a document the dialect stands once, and a schema is named by its place. */
function bare(schema: Json): Json {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return rest;
}
