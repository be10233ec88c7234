import { JsonFields } from '../matchbox/json-fields.js';

/** What a file below `boot/` says: what a machine boots. */
export interface BootConfig {
  /** A URL, from the server's root where it is relative. */
  readonly kernel: string;
  readonly initrd: readonly string[];
  /** Words of the kernel's command line; one whose value is '' stands alone. */
  readonly cmdline: Readonly<Record<string, string>>;
}

/**
 * As Go's encoding/json reads the file: names in any case, unknown ones passed over.
 * @param path As it is named in messages.
 * @throws InvalidRecord that tells file and line
 */
export function parseBootConfig(text: string, path: string): BootConfig {
  const fields = JsonFields.of(text, path);
  const kernel = fields.text('kernel');
  if (kernel === '') throw fields.fault('kernel', undefined, 'is not there: write its URL');
  const config = { kernel, initrd: fields.texts('initrd'), cmdline: fields.textTable('cmdline') };
  const texts: [field: string, text: string][] = [
    ['kernel', kernel],
    ...config.initrd.map((url): [string, string] => ['initrd', url]),
    ...Object.entries(config.cmdline).flatMap(([key, value]): [string, string][] => [
      ['cmdline', key],
      [`cmdline.${key}`, value],
    ]),
  ];
  const [field, shown] = texts.find(([, each]) => /\p{Cc}/u.test(each)) ?? [];
  if (field !== undefined)
    throw fields.fault(
      field,
      shown,
      'holds a line break or another control character, which would begin a new command',
    );
  return config;
}
