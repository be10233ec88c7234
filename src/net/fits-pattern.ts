/** `*` stands for any text, `?` for one character, in either case. Takes no longer than the lengths multiplied, whatever the text. */
export function fitsPattern(text: string, pattern: string): boolean {
  const [have, want] = [text.trim().toLowerCase(), pattern.trim().toLowerCase()];
  let [at, next, star, mark] = [0, 0, -1, 0];
  while (at < have.length) {
    if (want[next] === '*') [star, mark, next] = [next, at, next + 1];
    else if (want[next] === '?' || want[next] === have[at]) [at, next] = [at + 1, next + 1];
    else if (star >= 0) [next, mark, at] = [star + 1, mark + 1, mark + 1];
    else return false;
  }
  return /^\**$/.test(want.slice(next));
}
