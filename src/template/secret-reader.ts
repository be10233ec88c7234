/** What `secret('name')` in a template comes to. @throws UnfitValue that says why it comes to nothing */
export type SecretReader = (name: string) => string;

/** Where the context of a template has it. No template can name it: it is no word of their language. */
export const SECRETS = 'imago secrets';
