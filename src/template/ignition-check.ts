import type { z } from 'zod';
import { showValue } from '../errors.js';
import { unmetConditions } from './ignition-conditions.js';
import { ignitionFaults, type FieldFault } from './ignition-rules.js';
import { ignitionSchema, TAKEN_BY_IGNITION, type IgnitionConfig } from './ignition-schema.js';

/** What is wrong with a configuration, and the configuration where nothing is. */
export interface CheckedIgnition {
  readonly config: IgnitionConfig | undefined;
  readonly faults: readonly FieldFault[];
}

/** By the specification of the version that it names. */
export function checkIgnition(value: unknown): CheckedIgnition {
  const result = ignitionSchema.safeParse(value);
  if (result.success) return { config: result.data, faults: rulesBroken(result.data) };
  const faults = result.error.issues.flatMap((issue) => faultsOf(issue, value));
  if (faults.some(({ takenByIgnition }) => takenByIgnition !== true)) return { config: undefined, faults };
  return { config: undefined, faults: [...faults, ...rulesBroken(value as IgnitionConfig)] };
}

function rulesBroken(config: IgnitionConfig): FieldFault[] {
  return [...ignitionFaults(config), ...unmetConditions(config)];
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
      ...(issue.code === 'custom' && issue.params?.['takenByIgnition'] === true && TAKEN_BY_IGNITION),
      reason: `${showValue(found)} ${issue.message.startsWith('Invalid') ? `is wrong: ${issue.message}` : issue.message}`,
    },
  ];
}
