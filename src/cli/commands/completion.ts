import { Args, Command } from '@oclif/core';
import { completionScripts, shells } from '../completion/scripts.js';

export default class Completion extends Command {
  static override summary = 'Print what makes your shell complete commands, flags and serials.';
  static override description = `Put it where your shell finds it:

bash: source <(imagoctl completion bash), in ~/.bashrc
zsh: source <(imagoctl completion zsh), in ~/.zshrc after compinit
fish: imagoctl completion fish > ~/.config/fish/completions/imagoctl.fish`;
  static override args = {
    shell: Args.option({ options: shells })({
      ignoreStdin: true,
      required: true,
      description: 'which shell',
    }),
  };

  async run(): Promise<void> {
    const { args } = await this.parse(Completion);
    process.stdout.write(completionScripts[args.shell](this.config.bin));
  }
}
