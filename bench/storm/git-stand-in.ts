import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatHostFile } from '../../src/host/host-json.js';
import { lifeOf, STEPS } from './fleet-repository.js';
import { serialOf } from './machine.js';

/**
 * What Mayu does per machine, its daemon left out: for each of the changes the file, one `git add`, one `git commit`, one after
 * the other (Git's index takes one writer at a time), every host directly in the root. As git comes: it flushes less.
 * @returns seconds for all machines
 */
export function runGitStandIn(folder: string, fleet: number, machines: number): number {
  mkdirSync(folder, { recursive: true });
  const git = (...words: string[]): void => {
    execFileSync(
      'git',
      ['-c', 'user.name=mayu', '-c', 'user.email=mayu@localhost', '-c', 'gc.auto=0', ...words],
      {
        cwd: folder,
      },
    );
  };
  const write = (number: number, step: number): void => {
    const host = lifeOf(number)[step]?.host;
    if (host) writeFileSync(join(folder, serialOf(number), 'conf.json'), formatHostFile(host));
  };
  git('init', '-q');
  for (let number = 0; number < fleet; number += 1) {
    mkdirSync(join(folder, serialOf(number)));
    write(number, STEPS - 1);
  }
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', `a fleet of ${fleet}`);
  const started = performance.now();
  for (let number = fleet; number < fleet + machines; number += 1) {
    mkdirSync(join(folder, serialOf(number)));
    for (const [step, { what }] of lifeOf(number).entries()) {
      write(number, step);
      git('add', `${serialOf(number)}/conf.json`);
      // Git may take a file that was written twice within a tick of its clock for unchanged.
      git('commit', '-q', '--allow-empty', '-m', `${serialOf(number)}: ${what}`);
    }
  }
  const seconds = (performance.now() - started) / 1000;
  rmSync(folder, { recursive: true });
  return seconds;
}
