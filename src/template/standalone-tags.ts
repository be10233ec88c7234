const TAG = String.raw`(?:\{%(?:(?!%\}|\{%)[\s\S])*%\}|\{#(?:(?!#\})[\s\S])*#\})`;
const OPENING = String.raw`(?:\{%(?:(?!-?%\}|\{%)[\s\S])*|\{#(?:(?!-?#\})[\s\S])*)`;
const STANDALONE = new RegExp(String.raw`^[ \t]*((?:${TAG}[ \t]*)*${OPENING})(-?%\}|-?#\})[ \t]*\r?\n`, 'gm');
const RAW_BLOCKS = /(\{%-?\s*raw\s*-?%\}[\s\S]*?\{%-?\s*endraw\s*-?%\})/;

/**
 * Lets a line that holds nothing but tags and comments leave no trace in the output: its blanks go, and its line break moves
 * into the last tag, so that the lines keep their numbers. What stands between `{% raw %}` and `{% endraw %}` stays as it is.
 */
export function dropStandaloneTags(text: string): string {
  return text
    .split(RAW_BLOCKS)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(STANDALONE, '$1\n$2')))
    .join('');
}
