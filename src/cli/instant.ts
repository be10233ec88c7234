/** To the second, in UTC, one word: `2026-11-21T02:05:14Z`; `never` for what did not happen. The API's instants are in UTC. */
export function instant(time: string | undefined): string {
  return time === undefined ? 'never' : `${time.slice(0, 19)}Z`;
}
