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
