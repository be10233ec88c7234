import { createHash } from 'node:crypto';
import { parseTemplate } from '../../go-template/go-template.js';
import type { ReachLimit } from '../../limits.js';
import { butaneProgram } from './butane/butane-program.js';
import { findButane } from './butane/find-butane.js';
import { serveIgnition } from './butane/serve-ignition.js';
import { translateButane } from './butane/translate-butane.js';
import type { Languages } from './languages.js';
import { Remembered } from './remembered.js';

const BUTANE_SECONDS = 10;
/** Translations, in characters and in number: 64 MiB at most. */
const LARGEST_KEPT = 256 * 1024;
const MOST_KEPT = 256;

/** Butane is translated by the program of that name, where it is there. */
export async function openLanguages(
  reach: ReachLimit,
  searchPath = process.env['PATH'] ?? '',
): Promise<Languages> {
  const program = await findButane(searchPath);
  const byProgram =
    program === undefined ? undefined : butaneProgram({ program, timeoutSeconds: BUTANE_SECONDS, reach });
  const kept = new Remembered<string>(MOST_KEPT);
  return {
    template: (name, text) => parseTemplate(name, text.toString('utf8')),
    translate(butane, name) {
      const key = `${name} ${createHash('sha256').update(butane).digest('hex')}`;
      return kept.get(key, async () => {
        const made = byProgram ? await byProgram(butane, name) : translateButane(butane, name).ignition;
        const { ignition } = serveIgnition(made, name);
        if (ignition.length > LARGEST_KEPT) kept.forget(key);
        return ignition;
      });
    },
    ignition: (text, name) => serveIgnition(text, name).ignition,
  };
}
