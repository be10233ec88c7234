import { CLAIMED, operatorName } from './authenticate.js';

/** A name that others have vouched for, if it can stand in a history as it is: what would have to be changed could come to be another's. */
export function provenName(text: string): string | undefined {
  return text !== '' && operatorName(text) === text && !text.startsWith(CLAIMED) ? text : undefined;
}
