import { cleanText } from '../errors.js';

export type FaultPath = readonly (string | number)[];

/** What is wrong with one setting, and what would be right. */
export interface Fault {
  readonly path: FaultPath;
  readonly message: string;
}

/** `profiles[1].boot.kernel` */
export function showPath(path: FaultPath): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : `${text}${text && '.'}${cleanText(step)}`,
    '',
  );
}
