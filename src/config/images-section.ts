import { z } from 'zod';
import { plainName } from './values.js';

/** Where images come from and how they are proven to be whole. */

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'is not a URL that begins with http:// or https://' })
  .transform((url) => url.replace(/(?<!\/)\/+$/, ''));

const keyFiles = z
  .array(z.string().regex(/^\/[^\0]+$/, 'is not an absolute path: begin it with /'))
  .describe('OpenPGP public keys, binary or armored. A signature must be by one of them.');

export const imagesSection = z
  .strictObject({
    flatcar: z
      .strictObject({
        url: httpUrl
          .default('https://stable.release.flatcar-linux.net/amd64-usr')
          .describe('The channel: stable, beta, alpha or lts, or a mirror of one.'),
        keys: keyFiles.default([]),
      })
      .prefault({})
      .describe('Flatcar Container Linux.'),
    fedoraCoreos: z
      .strictObject({
        url: httpUrl
          .default('https://builds.coreos.fedoraproject.org/prod/streams/stable')
          .describe('The stream: stable, testing or next, or a mirror of one.'),
        keys: keyFiles.default([]),
      })
      .prefault({})
      .describe('Fedora CoreOS.'),
    debian: z
      .strictObject({
        url: httpUrl.default('https://deb.debian.org/debian').describe('The archive.'),
        keys: keyFiles.default(['/usr/share/keyrings/debian-archive-keyring.gpg']),
      })
      .prefault({})
      .describe('Debian. Its keys come with the package debian-archive-keyring.'),
    requireSignature: z
      .boolean()
      .default(true)
      .describe(
        'Refuse images of these systems whose signature cannot be checked, because no key is configured.',
      ),
    parts: z.int().min(1).max(16).default(4).describe('Over how many connections one file comes.'),
    tries: z
      .int()
      .min(1)
      .max(100)
      .default(8)
      .describe('How often a connection is made anew that breaks without having brought anything.'),
    stallSeconds: z
      .int()
      .min(1)
      .max(600)
      .default(30)
      .describe('A connection that brings nothing for so long is broken off.'),
    mirrors: z
      .record(
        plainName,
        z.strictObject({
          url: httpUrl.describe('What is fetched below it is served below /mirror/<name>/.'),
          freshSeconds: z
            .int()
            .min(0)
            .default(3600)
            .describe('After so long the origin is asked whether a file has changed.'),
        }),
      )
      .default({})
      .describe('Origins of which files are fetched once, when the first machine asks.'),
    mirrorGigabytes: z
      .number()
      .positive()
      .default(20)
      .describe('The most that fetched files take, in 10^9 bytes; the longest unused go first.'),
    mirrorFetches: z.int().min(1).max(1000).default(64).describe('So many files come from origins at once.'),
    largestGigabytes: z
      .number()
      .positive()
      .default(100)
      .describe('The largest file that is fetched or imported, in 10^9 bytes.'),
    reserveGigabytes: z
      .number()
      .min(0)
      .default(1)
      .describe(
        'So much of the disk stays free of what is fetched, mirrored, imported or restored, in 10^9 bytes.',
      ),
  })
  .describe('Where images are fetched from. See docs/images.md.');

export type ImagesConfig = z.output<typeof imagesSection>;
