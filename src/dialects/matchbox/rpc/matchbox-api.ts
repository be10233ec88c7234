import type { GrpcApi } from '../../../grpc/grpc-api.js';
import type { MatchboxBook } from '../matchbox-book.js';
import { matchboxMethods } from './methods.js';

/** As much as matchbox takes: what Go's gRPC takes unless it is told otherwise. */
const LARGEST_MESSAGE = 4 * 1024 * 1024;

export function matchboxApi(book: MatchboxBook): GrpcApi {
  return {
    name: 'matchbox',
    methods: matchboxMethods(book),
    statusOf: () => 'UNKNOWN',
    messageBytes: LARGEST_MESSAGE,
  };
}
