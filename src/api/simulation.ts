import { z } from 'zod';
import { PlanKind } from './explanation.js';
import { Firmware, firmwareMeaning } from './firmware.js';
import { machineWords } from './machine-words.js';
import { State } from './schemas.js';

/** The body of `POST /api/v1/simulations`. Without serial and MAC address it is a machine that nobody has seen. */
export const SimulationCommand = z.strictObject({
  serial: z.string().min(1).max(128).optional().describe('Or a MAC address of it.'),
  mac: z.string().max(32).optional().describe('That it boots from; by default the one that is known of it.'),
  firmware: Firmware.default('bios').describe(firmwareMeaning),
  relay: z.ipv4().optional().describe('The address of the DHCP relay that it is behind.'),
  architecture: z
    .int()
    .min(0)
    .max(65535)
    .optional()
    .describe('What it says in DHCP option 93, in place of what its firmware stands for.'),
  userClass: z.string().min(1).max(64).optional().describe('What it says in DHCP option 77.'),
  ...machineWords,
});
export type SimulationCommand = z.output<typeof SimulationCommand>;
export type SimulationQuestion = z.input<typeof SimulationCommand>;

/** A file that the machine would load. */
export const SimulatedFile = z.object({
  url: z.string().describe('Of what imago would fetch and pass on, that of its origin.'),
  bytes: z.int().min(0).optional().describe('Undefined where nobody knows, or it is missing.'),
  from: z
    .enum(['imago', 'mirror', 'elsewhere'])
    .describe('imago was asked for it; what is elsewhere was not looked at.'),
  fault: z.string().optional(),
});
export type SimulatedFile = z.output<typeof SimulatedFile>;

export const SimulatedStep = z.object({
  step: z
    .string()
    .describe(
      'identity, place, dhcp, loader, source, boot.ipxe, ipxe, first-stage, installer or configuration.',
    ),
  answer: z.string().describe('What it gets.'),
  rule: z.string().describe('Why.'),
  plan: PlanKind.optional(),
  details: z.array(z.string()).describe('Of DHCP, each answer field by field.'),
  files: z.array(SimulatedFile),
  text: z.string().optional().describe('Of what is made for it.'),
  fault: z.string().optional().describe('Why it gets no further here.'),
});
export type SimulatedStep = z.output<typeof SimulatedStep>;

/** A boot as it would go now. Nothing is recorded by it. */
export const Simulation = z.object({
  serial: z.string(),
  state: State.optional().describe('Of its host, if it is one.'),
  mac: z.string(),
  steps: z.array(SimulatedStep),
  faults: z.int().min(0).describe('Of the steps and their files.'),
});
export type Simulation = z.output<typeof Simulation>;
