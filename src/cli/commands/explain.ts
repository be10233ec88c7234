import { Args } from '@oclif/core';
import type { Explanation } from '../../api/explanation.js';
import { firmwareFlag } from '../firmware-flag.js';
import { ImagoCommand } from '../imago-command.js';
import { renderExplanation } from '../render-explanation.js';

export default class Explain extends ImagoCommand {
  static override summary =
    'Tell what a machine would get if it booted now, and why. Nothing is recorded by it.';
  static override examples = [
    '<%= config.bin %> <%= command.id %> 4vx9z52 --firmware uefi',
    '<%= config.bin %> <%= command.id %> 52:54:00:00:00:01',
  ];
  static override args = {
    name: Args.string({
      ignoreStdin: true,
      required: true,
      description: 'the serial or a MAC address of the machine',
    }),
  };
  static override flags = { firmware: firmwareFlag };

  async run(): Promise<Explanation> {
    const { args, flags } = await this.parse(Explain);
    const api = await this.connect(flags);
    const explanation = await api.explain(args.name, flags);
    this.print(renderExplanation(explanation, { color: this.color }));
    return explanation;
  }
}
