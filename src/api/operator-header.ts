/** The header in which an operator names himself; his name stands in the history. */
export const OPERATOR_HEADER = 'X-Imago-Operator';
export const DEFAULT_OPERATOR = 'operator';
