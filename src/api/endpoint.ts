import type { z } from 'zod';

/** One call of `/api/v1`, as its clients see it. */
export interface Endpoint {
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** Below `/api/v1`; what is in braces is a parameter. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: Readonly<Record<string, z.ZodType>>;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 204;
  readonly answer?: z.ZodType;
  /** Of an answer that is no JSON. */
  readonly answerType?: string;
  /** What it can be refused with, beside 500. */
  readonly problems: readonly number[];
  /** Whether `ETag` comes with the answer; what changes a host then takes `If-Match`. */
  readonly isVersioned?: boolean;
  /** Whether the answer can come as a stream of events as well. */
  readonly isStream?: boolean;
}
