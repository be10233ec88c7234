import type { z } from 'zod';
import { showValue } from '../errors.js';
import type { Templates } from './catalog.js';
import type { TemplateContext } from './context.js';
import { ignitionFaults, type FieldFault } from './ignition-rules.js';
import { ignitionSchema } from './ignition-schema.js';
import { TemplateFault } from './template-fault.js';
import { parseRendered, type Locate } from './yaml-document.js';

/**
 * The Ignition configuration as JSON, valid by the specification of its version: what is wrong with it, no machine gets to see.
 * @throws TemplateFault that names the template, the line and the field.
 */
export function renderIgnition(templates: Templates, name: string, context: TemplateContext): string {
  return toIgnition(templates.render(name, context), name, (line) =>
    templates.sourceOf?.(name, context, line),
  );
}

/** @throws TemplateFault */
export function toIgnition(rendered: string, template: string, locate?: Locate): string {
  const document = parseRendered(rendered, template, locate);
  if (document.value === null || document.value === undefined) {
    throw new TemplateFault(
      { template },
      'makes an empty document: an Ignition configuration begins with ignition.version',
    );
  }
  const result = ignitionSchema.safeParse(document.value);
  const faults = result.success
    ? ignitionFaults(result.data)
    : result.error.issues.flatMap((issue) => faultsOf(issue, document.value));
  const [first, ...others] = faults;
  if (first) {
    const more =
      others.length === 0
        ? ''
        : `; ${others.length} more: ${others.map(({ path }) => path.join('.')).join(', ')}`;
    throw document.fault(first.path, first.reason + more);
  }
  return JSON.stringify(result.data);
}

function faultsOf(issue: z.core.$ZodIssue, value: unknown): FieldFault[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], reason: 'is not a field that Ignition knows' }));
  }
  const found = path.reduce<unknown>(
    (inner, step) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, step) : undefined),
    value,
  );
  if (found === undefined) return [{ path, reason: 'is missing' }];
  return [
    {
      path,
      reason: `${showValue(found)} ${issue.message.startsWith('Invalid') ? `is wrong: ${issue.message}` : issue.message}`,
    },
  ];
}
