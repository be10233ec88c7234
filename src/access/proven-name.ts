import { CLAIMED, operatorName, OWN_NAME } from './authenticate.js';

/** A name that others have vouched for, if it can stand in a history as it is: what would have to be changed could come to be another's. */
export function provenName(text: string): string | undefined {
  if (text === '' || operatorName(text) !== text) return undefined;
  return text.startsWith(CLAIMED) || text === OWN_NAME ? undefined : text;
}
