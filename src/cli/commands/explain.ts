import { Args } from '@oclif/core';
import type { Explanation } from '../../api/explanation.js';
import { firmwareFlag, machineWordFlags } from '../flags.js';
import { ImagoCommand } from '../imago-command.js';
import { cell } from '../columns.js';
import { verdictWords } from '../why-not.js';
import { paint } from '../paint.js';

export default class Explain extends ImagoCommand {
  static override summary =
    'Tell what a machine would get if it booted now, and why. Nothing is recorded by it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 --firmware uefi',
    '<%= config.bin %> <%= command.id %> 52:54:00:00:00:01',
    '<%= config.bin %> <%= command.id %> 52:54:00:00:00:01 --uuid 8a549bf3-0c8e-4c1d-9f0e-3d7d6a1c0b52 --label os=installed',
  ];
  static override args = {
    name: Args.string({
      ignoreStdin: true,
      required: true,
      description: 'the serial or a MAC address of the machine',
    }),
  };
  static override flags = { firmware: firmwareFlag, ...machineWordFlags };

  async run(): Promise<Explanation> {
    const { args, flags } = await this.parse(Explain);
    const { firmware, uuid, label } = flags;
    const api = await this.connect(flags);
    const explanation = await api.explain(args.name, { firmware, uuid, label });
    this.print(renderExplanation(explanation, { color: this.color }));
    return explanation;
  }
}

/** Each step with its answer, and below it the rule that decided it. */
export function renderExplanation(
  { steps, profiles = [] }: Explanation,
  { color }: { readonly color: boolean },
): string[] {
  const width = Math.max(0, ...steps.map(({ step }) => cell(step).length)) + 2;
  const told = steps.flatMap(({ step, answer, rule }) => [
    paint(cell(step), color ? 'bold' : undefined) + ' '.repeat(width - cell(step).length) + cell(answer),
    ' '.repeat(width) + paint(cell(rule), color ? 'dim' : undefined),
  ]);
  return [
    ...told,
    ...profiles.map(
      (profile, index) =>
        paint((index === 0 ? 'profiles' : '').padEnd(width), color ? 'bold' : undefined) +
        `${cell(profile.name)} ${cell(verdictWords(profile))}`,
    ),
  ];
}
