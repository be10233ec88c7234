import { ImagoError } from '../errors.js';
import type { ObjectId } from './git-object.js';

/** A Git object with more bytes than what it should be can have. */
export class ObjectTooLarge extends ImagoError {
  readonly code = 'OBJECT_TOO_LARGE';

  constructor(id: ObjectId, longest: number) {
    super(`Git object ${id} has more than ${longest} bytes: commit a smaller file in its place`, {
      id,
      longest,
    });
  }
}
