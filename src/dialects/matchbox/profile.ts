import { Fields, goJson } from './go-json.js';
import { filled } from './group.js';
import { JsonFields } from './json-fields.js';

/** What a machine boots, and the templates it is configured by. */
export interface Profile {
  readonly id: string;
  /** For people; '' where there is none. */
  readonly name: string;
  /** Names of templates; '' where there is none. */
  readonly ignitionId: string;
  readonly cloudId: string;
  readonly genericId: string;
  readonly boot?: NetBoot;
}

export interface NetBoot {
  /** A URL, as the operator wrote it: iPXE's, or a file as GRUB names it. */
  readonly kernel: string;
  /** Each what stands after `initrd`: a URL, or one after options of iPXE. */
  readonly initrd: readonly string[];
  readonly args: readonly string[];
}

/**
 * @param path As it is named in messages.
 * @throws InvalidRecord that tells file and line
 */
export function parseProfile(text: string, path: string): Profile {
  const fields = JsonFields.of(text, path);
  const id = fields.text('id');
  if (id === '') throw fields.fault('id', undefined, 'is not there: a profile needs one');
  const boot = fields.inner('boot');
  return {
    id,
    name: fields.text('name'),
    ignitionId: fields.text('ignition_id'),
    cloudId: fields.text('cloud_id'),
    genericId: fields.text('generic_id'),
    ...(boot && {
      boot: { kernel: boot.text('kernel'), initrd: boot.texts('initrd'), args: boot.texts('args') },
    }),
  };
}

/** As matchbox writes the file. */
export function formatProfile({ id, name, ignitionId, cloudId, genericId, boot }: Profile): string {
  return goJson(
    new Fields([
      ...filled({ id, name, ignition_id: ignitionId, cloud_id: cloudId }),
      ...(boot ? [['boot', fieldsOf(boot)] as const] : []),
      ...filled({ generic_id: genericId }),
    ]),
    '\t',
  );
}

function fieldsOf({ kernel, initrd, args }: NetBoot): Fields {
  const lists = Object.entries({ initrd, args }).filter(([, items]) => items.length > 0);
  return new Fields([...filled({ kernel }), ...lists]);
}
