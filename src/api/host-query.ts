import { z } from 'zod';
import { State } from './schemas.js';

/** What hosts can be sorted by; a hyphen in front turns the order around. */
export const sortFields = ['serial', 'state', 'profile', 'address', 'lastBoot', 'cabinet'] as const;
export type SortField = (typeof sortFields)[number];

const sortOrders = sortFields.flatMap((field) => [field, `-${field}`] as const);

const count = (most: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a number')
    .transform(Number)
    .pipe(z.int().max(most));

/** The query of `GET /api/v1/hosts`. Every filter given has to fit; several values of one, with commas, are alternatives. */
export const HostQuery = z.strictObject({
  state: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(State))
    .optional()
    .describe('Only hosts in one of these states, separated by commas.'),
  profile: z
    .string()
    .transform((text) => text.split(','))
    .optional()
    .describe('Only hosts of one of these profiles, separated by commas.'),
  tag: z.string().optional().describe('Only hosts with this tag, as in role=core.'),
  cabinet: count(1_000_000).optional().describe('Only hosts in this cabinet.'),
  search: z
    .string()
    .optional()
    .describe('Only hosts whose serial, address, MAC address, UUID, host name or provider id contains this.'),
  sort: z.enum(sortOrders).default('serial').describe('A hyphen in front turns the order around.'),
  limit: count(100_000).optional().describe('How many hosts to answer with; without it all of them.'),
  offset: count(100_000_000).default(0).describe('How many hosts to pass over first.'),
});
export type HostQuery = z.output<typeof HostQuery>;
