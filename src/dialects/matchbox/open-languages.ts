import { parseTemplate } from '../../go-template/go-template.js';
import type { ReachLimit } from '../../limits.js';
import { butaneProgram } from './butane/butane-program.js';
import { findButane } from './butane/find-butane.js';
import { serveIgnition } from './butane/serve-ignition.js';
import { translateButane } from './butane/translate-butane.js';
import type { Languages } from './languages.js';

const BUTANE_SECONDS = 10;

/** Butane is translated by the program of that name, where it is there. */
export async function openLanguages(
  reach: ReachLimit,
  searchPath = process.env['PATH'] ?? '',
): Promise<Languages> {
  const program = await findButane(searchPath);
  const byProgram =
    program === undefined ? undefined : butaneProgram({ program, timeoutSeconds: BUTANE_SECONDS, reach });
  return {
    template: (name, text) => parseTemplate(name, text.toString('utf8')),
    async translate(butane, name) {
      if (!byProgram) return serveIgnition(translateButane(butane, name).ignition, name).ignition;
      return serveIgnition(await byProgram(butane, name), name).ignition;
    },
    ignition: (text, name) => serveIgnition(text, name).ignition,
  };
}
