import { ipxeTemplateWord, ipxeWord } from '../../boot/render-ipxe.js';
import { showValue, UnfitValue } from '../../errors.js';
import { InvalidRecord, type RecordKind } from '../../host/record-kind.js';
import { JsonFields } from '../matchbox/json-fields.js';
import type { NetbootImage, NetbootMachine } from './netboot-book.js';

/** Without its name, which is that of the record. */
export type ImageRecord = Omit<NetbootImage, 'name'>;
/** Without its address, which is the name of the record. */
export type MachineRecord = Pick<NetbootMachine, 'image'>;

/** Of one field, in characters. */
const LONGEST = 2048;
const MOST_ARGUMENTS = 64;

/** Images, by their names. */
export const imageKind: RecordKind<ImageRecord, 'registered' | 'changed' | 'removed'> = {
  name: 'netboot-images',
  parse(text, path) {
    const fields = JsonFields.of(text, path);
    const image = {
      kernel: fields.text('kernel'),
      initrd: fields.text('initrd'),
      rootfs: fields.text('rootfs'),
      arguments: fields.texts('arguments'),
    };
    requireFit(image, (field, value, remedy) => fields.fault(field, value, remedy));
    return image;
  },
  format: ({ kernel, initrd, rootfs, arguments: more }) =>
    `${JSON.stringify({ kernel, initrd, rootfs, arguments: more }, undefined, 2)}\n`,
  words: { registered: 'registered', changed: 'changed to other files', removed: 'removed' },
};

/** Machines, by the addresses of their network cards. */
export const machineKind: RecordKind<MachineRecord, 'tied' | 'tied-to-none' | 'untied'> = {
  name: 'netboot-machines',
  parse(text, path) {
    return { image: JsonFields.of(text, path).text('image') || null };
  },
  format: ({ image }) => `${JSON.stringify({ image }, undefined, 2)}\n`,
  words: { tied: 'tied to …', 'tied-to-none': 'tied to the null image', untied: 'untied' },
};

/** @throws InvalidRecord for what iPXE would take for something else than it is */
export function requireFit(
  { kernel, initrd, rootfs, arguments: more }: ImageRecord,
  fault = (field: string, value: unknown, remedy: string) => new InvalidRecord(field, value, remedy),
): void {
  if (kernel === '') throw fault('kernel', kernel, 'is empty: write its URL or path');
  if (more.length > MOST_ARGUMENTS)
    throw fault('arguments', `${more.length} arguments`, `are too many: ${MOST_ARGUMENTS} at most`);
  const words: [field: string, text: string, check: (text: string) => string][] = [
    ['kernel', kernel, ipxeWord],
    ...filled(initrd).map((text): (typeof words)[number] => ['initrd', text, ipxeWord]),
    ...filled(rootfs).map((text): (typeof words)[number] => ['rootfs', text, ipxeTemplateWord]),
    ...more.map((text): (typeof words)[number] => ['arguments', text, ipxeTemplateWord]),
  ];
  for (const [field, text, check] of words) {
    if (text.length > LONGEST) throw fault(field, text, `is longer than ${LONGEST} characters`);
    try {
      check(text);
    } catch (error) {
      if (error instanceof UnfitValue)
        throw fault(field, text, `is not one word of iPXE: ${withoutValue(error.message, text)}`);
      throw error;
    }
  }
}

/** The value stands before it already. */
function withoutValue(message: string, text: string): string {
  const shown = showValue(text);
  return message.startsWith(shown) ? `it${message.slice(shown.length)}` : message;
}

function filled(text: string): readonly string[] {
  return text === '' ? [] : [text];
}
