import { Flags } from '@oclif/core';

export const outputFormats = ['table', 'json', 'yaml', 'csv', 'name'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** `--json` is oclif's own, and the same as `--output json`. */
export const outputFlag = Flags.option({ options: outputFormats })({
  char: 'o',
  helpGroup: 'GLOBAL',
  helpValue: outputFormats.join('|'),
  exclusive: ['json'],
  summary: 'How to print what was found or done: for people, or for programs.',
});

/** Known before the line is parsed, so that its faults are told in that form too. A format that is none is for the parser to refuse. */
export function outputFormat(argv: readonly string[]): OutputFormat {
  const end = argv.indexOf('--');
  const words = end < 0 ? argv : argv.slice(0, end);
  if (words.includes('--json')) return 'json';
  const given = words.flatMap((word, index) => {
    if (word === '--output' || word === '-o') return [words[index + 1]];
    return [/^(?:--output=|-o)(.+)$/.exec(word)?.[1]].filter((value) => value !== undefined);
  });
  return outputFormats.find((format) => format === given.at(-1)) ?? 'table';
}
