/**
 * Files of `KEY=value` lines that a machine keeps of itself, as os-release(5) and systemd's EnvironmentFile= have them: comments,
 * `export`, and quotes with backslashes are understood. Of a key that comes twice the last counts.
 */
export function parseEnvironmentFile(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, key, raw] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (key !== undefined && raw !== undefined) values.set(key, unquoted(raw.trim()));
  }
  return values;
}

function unquoted(raw: string): string {
  const double = /^"((?:[^"\\]|\\.)*)"/.exec(raw)?.[1];
  if (double !== undefined) return double.replace(/\\(["\\$`])/g, '$1');
  const single = /^'([^']*)'/.exec(raw)?.[1];
  return single ?? raw.replace(/(?<!\s)\s+#.*$/, '');
}
