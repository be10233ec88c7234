import type { Explanation } from '../api/explanation.js';
import { cell } from './columns.js';
import { paint } from './paint.js';

/** Each step with its answer, and below it the rule that decided it. */
export function renderExplanation({ steps }: Explanation, { color }: { readonly color: boolean }): string[] {
  const width = Math.max(0, ...steps.map(({ step }) => cell(step).length)) + 2;
  return steps.flatMap(({ step, answer, rule }) => [
    paint(cell(step), color ? 'bold' : undefined) + ' '.repeat(width - cell(step).length) + cell(answer),
    ' '.repeat(width) + paint(cell(rule), color ? 'dim' : undefined),
  ]);
}
