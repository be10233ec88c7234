import type { SimulatedFile, Simulation } from '../api/simulation.js';

const PATIENCE_MS = 5000;

/** Where a URL is a file that the machine must load; further on it may be anything. */
const LOADING: ReadonlySet<string> = new Set(['loader', 'ipxe']);

/**
 * Asks other servers for the files that imago does not have itself. It is asked from here: the machine may be on a network
 * that sees others.
 */
export async function withSizesElsewhere(simulation: Simulation): Promise<Simulation> {
  const steps = await Promise.all(
    simulation.steps.map(async (step) =>
      LOADING.has(step.step) ? { ...step, files: await Promise.all(step.files.map(looked)) } : step,
    ),
  );
  const missing = steps.flatMap(({ files }) => files.filter(isMissingElsewhere)).length;
  return { ...simulation, steps, faults: simulation.faults + missing };
}

function isMissingElsewhere({ from, fault }: SimulatedFile): boolean {
  return from === 'elsewhere' && fault !== undefined;
}

async function looked(file: SimulatedFile): Promise<SimulatedFile> {
  if (file.from !== 'elsewhere') return file;
  try {
    const answer = await fetch(file.url, { method: 'HEAD', signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) return { ...file, fault: `its server answers ${answer.status}` };
    const length = answer.headers.get('content-length');
    return length === null ? file : { ...file, bytes: Number(length) };
  } catch (error) {
    if (error instanceof Error) return { ...file, fault: `its server does not answer: ${error.message}` };
    throw error;
  }
}
