/** Characters of the private use area, which no template has a use for. */
const OPEN = '\u{f8f0}';
const CLOSE = '\u{f8f1}';
const MARK = new RegExp(`${OPEN}([^${CLOSE}]*):(\\d+)${CLOSE}`, 'gu');
const TAGS = /(\{%[\s\S]*?%\}|\{\{[\s\S]*?\}\}|\{#[\s\S]*?#\})/;

/** Ends each line of a template's own text with a mark that names it, to be found again in what the template makes. */
export function markLines(text: string, template: string): string {
  let line = 1;
  return text
    .split(TAGS)
    .map((part, index) => {
      const isTag = index % 2 === 1;
      return part.replace(/\n/g, () => {
        const mark = isTag ? '' : `${OPEN}${template}:${line}${CLOSE}`;
        line += 1;
        return `${mark}\n`;
      });
    })
    .join('');
}

export function withoutMarks(rendered: string): string {
  return rendered.replace(MARK, '');
}

/** Which line of which template a line of the output, counted from 1, was ended by. */
export function markOfLine(
  rendered: string,
  outputLine: number,
): { template: string; line: number } | undefined {
  const text = rendered.split('\n')[outputLine - 1] ?? '';
  const [, template, line] = [...text.matchAll(MARK)].at(-1) ?? [];
  return template === undefined ? undefined : { template, line: Number(line) };
}
