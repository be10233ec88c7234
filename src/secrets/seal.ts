import { RecipientUnfit } from './errors.js';

/** What a sealed answer is said to be. It is binary: `age --decrypt` takes it as it is. */
export const SEALED_TYPE = 'application/age';

/** An X25519 recipient of age: Bech32 of 32 bytes. */
const RECIPIENT = /^age1[02-9ac-hj-np-z]{58}$/;

/** The key that an answer is sealed to; undefined where none is sent. @throws RecipientUnfit */
export function parseRecipient(header: string): string | undefined {
  const text = header.trim().toLowerCase();
  if (text === '') return undefined;
  if (!RECIPIENT.test(text)) throw new RecipientUnfit('X-Imago-Recipient is no recipient of age');
  return text;
}

/** Encrypted so that only the holder of that key reads it. @throws RecipientUnfit */
export async function seal(text: string, recipient: string): Promise<Buffer> {
  const { Encrypter } = await import('age-encryption'); // only where it is asked for
  const encrypter = new Encrypter();
  try {
    encrypter.addRecipient(recipient);
  } catch {
    throw new RecipientUnfit('X-Imago-Recipient is no recipient of age');
  }
  return Buffer.from(await encrypter.encrypt(text));
}
