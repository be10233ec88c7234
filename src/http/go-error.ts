import type { ErrorAnswer } from './error-response.js';

/** An error as Go's `http.Error` answers it. */
export function goError(status: number, text: string): ErrorAnswer {
  return {
    status,
    type: 'text/plain; charset=utf-8',
    body: `${text}\n`,
    headers: { 'X-Content-Type-Options': 'nosniff' },
  };
}

/** As Go's `http.NotFound` answers. */
export const goNotFound = goError(404, '404 page not found');
