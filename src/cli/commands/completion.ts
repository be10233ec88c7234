import { Args, Command } from '@oclif/core';

/**
 * A shell's side of completion: it hands the words up to the cursor to `imagoctl complete` and shows the lines that come back.
 * What fits is decided there, once for all shells. It is given no terminal: the modes of that are the shell's.
 */
export const completionScripts = {
  bash: (bin) => `_${bin}() {
  local IFS=$'\\n'
  COMPREPLY=($(${bin} complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" </dev/null 2>/dev/null))
}
complete -o nosort -F _${bin} ${bin}
`,
  zsh: (bin) => `#compdef ${bin}
_${bin}() {
  local -a candidates
  candidates=("\${(@f)$(${bin} complete -- "\${(@)words[2,CURRENT]}" </dev/null 2>/dev/null)}")
  compadd -a candidates
}
compdef _${bin} ${bin}
`,
  fish: (bin) => `function __${bin}_complete
  set -l before (commandline -opc)
  set -e before[1]
  set -l current (commandline -ct)
  ${bin} complete -- $before "$current" </dev/null 2>/dev/null
end
complete -c ${bin} -f -a '(__${bin}_complete)'
`,
} as const satisfies Record<string, (bin: string) => string>;

export type Shell = keyof typeof completionScripts;
export const shells = Object.keys(completionScripts) as Shell[];

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
