import type { SimulatedFile, SimulatedStep, Simulation } from '../api/simulation.js';
import { ImagoError } from '../errors.js';
import { cell } from './columns.js';
import { paint, type Color } from './paint.js';
import { bytes } from './render-images.js';

/** The machine would get stuck. */
export class BootWouldFail extends ImagoError {
  readonly code = 'BOOT_WOULD_FAIL';

  constructor({ serial, faults }: Pick<Simulation, 'serial' | 'faults'>) {
    super(
      `${serial} would not get through: ${faults === 1 ? 'one fault' : `${faults} faults`}, shown above`,
      {
        serial,
        faults,
      },
    );
  }
}

export interface SimulationOptions {
  readonly color: boolean;
  /** All that is made for the machine, not only the script that decides. */
  readonly full: boolean;
}

/** Each step with its answer, and below it the rule, the answers of DHCP, the files and what is wrong. */
export function renderSimulation({ steps }: Simulation, { color, full }: SimulationOptions): string[] {
  const width = Math.max(0, ...steps.map(({ step }) => cell(step).length)) + 2;
  const painted = (text: string, shade: Color) => paint(text, color ? shade : undefined);
  return steps.flatMap((step) => [
    painted(cell(step.step), 'bold') + ' '.repeat(width - cell(step.step).length) + cell(step.answer),
    ...below(step, full).map(({ text, shade }) => ' '.repeat(width) + (shade ? painted(text, shade) : text)),
  ]);
}

interface Line {
  readonly text: string;
  readonly shade?: Color;
}

function below({ step, rule, details, files, text, fault }: SimulatedStep, full: boolean): Line[] {
  const script = text !== undefined && (full || step === 'ipxe') ? text.trimEnd().split('\n') : [];
  return [
    { text: cell(rule), shade: 'dim' },
    ...details.map((detail): Line => ({ text: cell(detail), shade: 'dim' })),
    ...script.map((line) => ({ text: `| ${line === '' ? '' : cell(line)}`.trimEnd() })),
    ...files.map((file): Line =>
      file.fault === undefined ? { text: fileLine(file) } : faultLine(file.url, file.fault),
    ),
    ...(fault === undefined ? [] : [faultLine(undefined, fault)]),
  ];
}

const unknownSize: Readonly<Record<SimulatedFile['from'], string>> = {
  imago: 'of unknown size',
  mirror: 'fetched from its origin when the first machine asks',
  elsewhere: 'on another server',
};

function fileLine({ url, bytes: size, from }: SimulatedFile): string {
  return `${cell(url)}  ${size === undefined ? unknownSize[from] : bytes(size)}`;
}

function faultLine(url: string | undefined, fault: string): Line {
  return { text: `FAULT: ${url === undefined ? '' : `${cell(url)}: `}${cell(fault)}`, shade: 'red' };
}
