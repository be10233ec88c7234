import { parse, type ParsedUrlQuery } from 'node:querystring';
import type { Readable } from 'node:stream';
import type { Context } from 'koa';
import type { z } from 'zod';
import type { CallerOf } from '../access/caller.js';
import type { Endpoint, ParamsOf, Parsed, SchemaName } from '../api/endpoint.js';
import type { Endpoints } from '../api/endpoints.js';
import type { OtherEndpoints } from '../api/other-endpoints.js';
import { schemas } from '../api/schema-table.js';
import { BadRequest } from './http-errors.js';
import { jsonOf, parsedAs } from './parse-request.js';
import { readBody } from './read-body.js';
import type { Target } from './request-target.js';

/** A request that has found its endpoint. */
export class Call<E extends Endpoint = Endpoint> {
  constructor(
    readonly ctx: Context,
    private readonly target: Target,
    private readonly endpoint: Endpoint,
    readonly params: ParamsOf<E>,
    readonly caller: CallerOf<E['role']>,
  ) {}

  /** As it was asked for: not decoded, without its query. */
  get path(): string {
    return this.target.path;
  }

  /** As it was written. */
  get search(): ParsedUrlQuery {
    return parse(this.target.search);
  }

  /** @throws BadRequest that names the first fault */
  query(): QueryOf<E> {
    return parsedAs(schemaNamed(this.endpoint.query), { ...this.search }) as QueryOf<E>;
  }

  /** The JSON of its body. @throws BadRequest that names the first fault */
  async body(): Promise<BodyOf<E>> {
    const json = jsonOf(await readBody(this.ctx));
    if (json === undefined) throw new BadRequest('the body is not JSON');
    return parsedAs(schemaNamed(this.endpoint.body), json) as BodyOf<E>;
  }
}

type QueryOf<E> = E extends { readonly query: infer Name } ? Parsed<Name> : never;
type BodyOf<E> = E extends { readonly body: infer Name } ? Parsed<Name> : never;

/** What an endpoint answers with; one without a schema can also write its answer into the context. */
type AnswerOf<E> = E extends { readonly answer: infer Name }
  ? Parsed<Name> | (E extends { readonly isStream: true } ? Readable | undefined : never)
  : string | Buffer | Readable | object | void;

export type Handler<E extends Endpoint> = (call: Call<E>) => AnswerOf<E> | Promise<AnswerOf<E>>;

type AllEndpoints = Endpoints & OtherEndpoints;

/** What is done for each endpoint there is. */
export type Handlers = { readonly [Name in keyof AllEndpoints]: Handler<AllEndpoints[Name]> };

function schemaNamed(name: SchemaName | undefined): z.ZodType {
  if (name === undefined) throw new TypeError('the endpoint has no such schema');
  return schemas[name];
}
