import { showValue, UnfitValue } from '../errors.js';

/** A part of a URL: all but letters, digits, `.`, `_` and `-` percent-encoded. Harmless in every language. @throws UnfitValue */
export function urlPart(text: string): string {
  if (/\p{Cs}/u.test(text)) throw new UnfitValue(`${showValue(text)} is not well-formed Unicode`);
  return encodeURIComponent(text).replace(
    /[!'()*~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A path of several segments: as `urlPart`, but `/` stays. @throws UnfitValue */
export function urlPath(path: string): string {
  return path.split('/').map(urlPart).join('/');
}
