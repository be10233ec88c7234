import type { Serial } from '../host/serial.js';

/** How asking for secrets ended: the label of a metric. */
export const secretOutcomes = [
  'served',
  'repeated',
  'unproven',
  'closed',
  'served-already',
  'unusable',
] as const;
export type SecretOutcome = (typeof secretOutcomes)[number];

/** What happened to the secrets of a machine. */
export interface SecretNews {
  readonly code: 'handed-out' | 'asked-again';
  readonly serial: Serial;
  /** For people; holds names alone. */
  readonly what: string;
  readonly time: Date;
}
