import { ImagoError, shorten } from '../errors.js';
import { MOST_MESSAGE_UNITS } from './bounds.js';
import { forOutside } from './go-string.js';

/** A template of Go's language that is malformed, met data that it cannot use, or met a bound. The message is the one that Go gives. */
export class GoTemplateFault extends ImagoError {
  readonly code = 'TEMPLATE_FAULT';

  constructor(
    readonly template: string,
    /** Counts from 1; undefined where Go names none. */
    readonly line: number | undefined,
    message: string,
    /** Whether it is one of bounds.ts that was met, and not an error that Go has. */
    readonly isBound = false,
  ) {
    super(shorten(forOutside(message), MOST_MESSAGE_UNITS), {
      template,
      ...(line !== undefined && { line }),
    });
  }
}

/** What a function says of its arguments; the evaluator adds the place. */
export class CallFault extends Error {
  override readonly name = 'CallFault';
}
