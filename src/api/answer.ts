import type { z } from 'zod';
import { ApiProblem, UnexpectedAnswer } from './errors.js';

/** Loaded while the first answer is on its way: for a program that makes one call it is a good part of its time. */
export async function loadedSchemas() {
  return (await import('./schema-table.js')).schemas;
}

/** The error that an answer of 400 and above stands for. */
export async function refusal(
  url: string,
  status: number,
  answer: unknown,
): Promise<ApiProblem | UnexpectedAnswer> {
  const problem = (await loadedSchemas()).Problem.safeParse(answer);
  return problem.success ? new ApiProblem(problem.data) : new UnexpectedAnswer(url, `status ${status}`);
}

/** @throws UnexpectedAnswer */
export function parseJson(url: string, status: number, text: string): unknown {
  if (status === 204) return undefined; // RFC 9110 §15.3.5: no content
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UnexpectedAnswer(url, `status ${status}, not JSON`);
    throw error;
  }
}

/** @throws UnexpectedAnswer */
export function checked<T extends z.ZodType>(url: string, answer: unknown, schema: T): z.output<T> {
  const result = schema.safeParse(answer);
  if (!result.success) throw new UnexpectedAnswer(url, firstIssue(result.error));
  return result.data;
}

function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  return issue ? `${issue.path.map(String).join('.')}: ${issue.message}` : 'unknown form';
}
