import { ImagoError } from '../errors.js';

/** Where in a template a fault is; what is not known is left out. */
export interface TemplatePlace {
  readonly template: string;
  /** Counts from 1. */
  readonly line?: number | undefined;
  /** The field of the document that the template makes, as in `storage.files[0].path`. */
  readonly field?: string | undefined;
}

/** A template that is missing, malformed, refers to what there is not, or makes a document that no machine should get. */
export class TemplateFault extends ImagoError {
  readonly code = 'TEMPLATE_FAULT';
  readonly template: string;
  readonly line: number | undefined;
  readonly field: string | undefined;

  constructor(
    { template, line, field }: TemplatePlace,
    /** What is wrong and what would be right, without the place. */
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(
      [template + (line === undefined ? '' : `:${line}`), field, reason].filter(Boolean).join(': '),
      { template, ...(line !== undefined && { line }), ...(field !== undefined && { field }) },
      options,
    );
    this.template = template;
    this.line = line;
    this.field = field;
  }
}

/** The fault that an error of the template engine carries, else one made of it. Its engine wraps errors once for each include. */
export function asTemplateFault(template: string, error: unknown): TemplateFault {
  let innermost = error;
  let line: number | undefined;
  while (innermost instanceof Error) {
    if (innermost instanceof TemplateFault) return innermost;
    if ('lineno' in innermost && typeof innermost.lineno === 'number') line ??= innermost.lineno + 1;
    if (innermost.cause === undefined) break;
    innermost = innermost.cause;
  }
  const message = innermost instanceof Error ? innermost.message : String(innermost);
  return new TemplateFault({ template, line }, message.replaceAll(/\s+/g, ' '), { cause: error });
}
