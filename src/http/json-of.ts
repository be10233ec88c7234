import { jsonIn } from '../json.js';
import { BadRequest } from './http-errors.js';

/**
 * The JSON value of a body; undefined for what is not JSON, or nested too deeply to be read.
 * @throws BadRequest for a name that objects of JavaScript lose silently
 */
export function jsonOf(body: string): unknown {
  return jsonIn(body, refuseProto);
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') {
    throw new BadRequest(`'__proto__' is a name that nothing can be stored under: choose another one`, {
      field: key,
    });
  }
  return value;
}
