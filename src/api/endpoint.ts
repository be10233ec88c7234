import type { z } from 'zod';
import type { Permission } from './role.js';
import type { schemas } from './schema-table.js';

/** Whom an endpoint lets in. */
export type Role = 'operator' | 'machine';

type Schemas = typeof schemas;

/** A schema is named and not referred to: who only calls need not load the schemas before the answer is on its way. */
export type SchemaName = {
  [Name in keyof Schemas]: Schemas[Name] extends z.ZodType ? Name : never;
}[keyof Schemas];

/** One thing that can be asked of imago over HTTP. */
interface EndpointParts {
  /** `ANY` of those that have no endpoint of their own at this path. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ANY';
  /** `:name` is one segment, `*name` at the end one or more; `{/}` at the end may be there or not. */
  readonly path: string;
  /** Whether it is answered at the address of operators as well, though it is a machine's. */
  readonly isAtBothDoors?: true;
  readonly query?: SchemaName;
  readonly body?: SchemaName;
  /** Of the answer when all went well; 200 unless it is said. */
  readonly status?: 200 | 201 | 202 | 204;
  readonly answer?: SchemaName;
}

export interface MachineEndpoint extends EndpointParts {
  readonly role: 'machine';
}

export interface OperatorEndpoint extends EndpointParts {
  readonly role: 'operator';
  /** Of those who ask: a role that may do as much. */
  readonly needs: Permission;
}

export type Endpoint = MachineEndpoint | OperatorEndpoint;

/** A call of `/api/v1`, as its document shows it. */
export interface ApiEndpoint extends OperatorEndpoint {
  readonly summary: string;
  readonly parameters?: Readonly<Record<string, SchemaName>>;
  readonly status: 200 | 201 | 204;
  /** Of an answer that is no JSON. */
  readonly answerType?: string;
  /** What it can be refused with, beside 500. */
  readonly problems: readonly number[];
  /** Whether `ETag` comes with the answer; what changes a host then takes `If-Match`. */
  readonly isVersioned?: true;
  /** Whether the answer can come as a stream of events as well. */
  readonly isStream?: true;
}

type NamesIn<Path extends string> = Path extends `${infer Segment}/${infer Rest}`
  ? NameOf<Segment> | NamesIn<Rest>
  : NameOf<Path>;
type NameOf<Segment extends string> = Segment extends `:${infer Name}{`
  ? Name
  : Segment extends `:${infer Name}`
    ? Name
    : never;

/** What stands in the path of a call, decoded. */
export type ParamsOf<E extends Endpoint> = Readonly<Record<NamesIn<E['path']>, string>>;

/** What the schema of that name makes of a value; undefined where there is none. */
export type Parsed<Name> = Name extends SchemaName ? z.output<Schemas[Name]> : undefined;

/** What the schema of that name takes; undefined where there is none. */
export type Unparsed<Name> = Name extends SchemaName ? z.input<Schemas[Name]> : undefined;

/** The header in which an operator names himself; his name stands in the history. */
export const OPERATOR_HEADER = 'X-Imago-Operator';
/** What a page of imago's own sends with each change; another page needs the leave of a preflight request for it, which nobody gets. */
export const OWN_PAGE_HEADER = 'X-Imago-Request';
export const DEFAULT_OPERATOR = 'operator';
