import type { Endpoint } from './endpoint.js';
import { ExplainQuery, Explanation } from './explanation.js';
import { Simulation, SimulationCommand } from './simulation.js';
import { Rendered, RenderedKind, RenderedQuery } from './rendered.js';

/** What a machine would get: nothing of these is recorded. */
export const previewEndpoints: readonly Endpoint[] = [
  {
    id: 'getRendered',
    method: 'get',
    path: '/hosts/{serial}/rendered/{what}',
    summary: 'What that machine would get now.',
    parameters: { what: RenderedKind },
    query: RenderedQuery,
    status: 200,
    answer: Rendered,
    problems: [400, 404, 503],
  },
  {
    id: 'explain',
    method: 'get',
    path: '/explain/{name}',
    summary: 'What a machine would get if it booted now, and which rule decides each step.',
    query: ExplainQuery,
    status: 200,
    answer: Explanation,
    problems: [400],
  },
  {
    id: 'simulateBoot',
    method: 'post',
    path: '/simulations',
    summary:
      'Plays the boot of a machine: what DHCP answers, each file that it loads, and what is made for it. Nothing is recorded.',
    body: SimulationCommand,
    status: 200,
    answer: Simulation,
    problems: [400, 413],
  },
];
