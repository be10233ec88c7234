import type { ApiHost } from '../api/schemas.js';

/** ECMA-48 §8.3.117, select graphic rendition. */
const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;
export type Color = keyof typeof codes;

export function paint(text: string, color: Color | undefined): string {
  return color ? `\u{1b}[${codes[color]}m${text}\u{1b}[0m` : text;
}

const colorOfState = {
  unknown: 'dim',
  configured: 'cyan',
  installing: 'yellow',
  installed: 'blue',
  running: 'green',
} as const;

export function hostColor({ state, progress, stuck }: Pick<ApiHost, 'state' | 'progress' | 'stuck'>): Color {
  if (stuck) return 'red';
  return state === 'installing' && progress?.phase === 'failed' ? 'red' : colorOfState[state];
}
