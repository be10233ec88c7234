/** Of a group, a profile or a template, in bytes. */
export const LARGEST_FILE = 1024 * 1024;
