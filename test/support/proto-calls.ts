import { resolve } from 'node:path';
import { loadSync, type MethodDefinition } from '@grpc/proto-loader';

/** The calls of a published `.proto`, each with the codec that protobuf.js makes of it: by path, as in `/rpcpb.Groups/GroupPut`. */
export function protoCalls(
  file: string,
  folder: string,
): ReadonlyMap<string, MethodDefinition<object, object>> {
  const loaded = loadSync(file, { includeDirs: [resolve(folder)], keepCase: true, defaults: true });
  const services = Object.values(loaded).filter((definition) => !('format' in definition));
  const calls = services.flatMap((service) => Object.values(service) as MethodDefinition<object, object>[]);
  return new Map(calls.map((call) => [call.path, call]));
}
