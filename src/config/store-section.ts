import { z } from 'zod';
import { secretSource } from './power-section.js';

/** The repository elsewhere that the cluster's own is exchanged with. */

const absolutePath = z.string().regex(/^\/[^\0]+$/, 'is not an absolute path');

const everySeconds = z
  .int()
  .min(1)
  .max(7 * 86_400);

const FORMS = /^(\/|file:\/\/\/|ssh:\/\/|https?:\/\/|[\w.-]+@[\w.-]+:)[^\s\0]+$/;

const remote = z
  .strictObject({
    url: z
      .string()
      .regex(FORMS, 'is no absolute path, no user@host:path and no URL with file, ssh, http or https')
      .refine(
        (url) => !/\/\/[^/@:]*:[^/@]*@/.test(url),
        'holds a password: name a file for it with `password`, and the user with `user`',
      )
      .describe('A path, `user@host:path`, or a URL with file, ssh, http or https, as `git` takes it.'),
    branch: z
      .string()
      .regex(/^(?!.*(\.\.|\/\/|@\{|\.lock$))[A-Za-z0-9][\w./-]{0,199}$/, 'is not the name of a branch')
      .default('main')
      .describe('Of the repository there.'),
    pushSeconds: everySeconds
      .optional()
      .describe('How often all commits are sent there, in seconds; never unless given.'),
    pullSeconds: everySeconds
      .optional()
      .describe('How often what was committed there is taken in, in seconds; never unless given.'),
    sshKey: absolutePath
      .optional()
      .describe(
        'The private key for ssh; that of the daemon’s user unless given. Only its owner may read it.',
      ),
    knownHosts: absolutePath
      .optional()
      .describe('The keys of the host for ssh; those that the daemon’s user knows unless given.'),
    user: z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/, 'is not a user name')
      .optional()
      .describe('For http and https.'),
    password: secretSource.optional().describe('Where that user’s password or token stands: never here.'),
    caFile: absolutePath
      .optional()
      .describe('PEM file of the authority that signed the server’s certificate.'),
  })
  .refine(
    ({ pushSeconds, pullSeconds }) => pushSeconds !== undefined || pullSeconds !== undefined,
    'is neither pushed to nor pulled from: give pushSeconds, pullSeconds, or both',
  );

export const storeSection = z
  .strictObject({
    remote: remote
      .optional()
      .describe('A repository that is pushed to as a backup, or pulled from as a reviewed one, or both.'),
  })
  .describe('The Git repository of the cluster. See docs/operations.md.');

export type RemoteConfig = NonNullable<z.output<typeof storeSection>['remote']>;
