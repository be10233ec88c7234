/** Option 53. RFC 2132 §9.6. */
export const messageTypes = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const;

const names: readonly (string | undefined)[] = [undefined, ...Object.keys(messageTypes)];

/** The name of a message type for logs and metrics: a closed set, whatever a client sends. */
export function messageTypeName(type: number): string {
  return names[type] ?? 'unknown';
}
