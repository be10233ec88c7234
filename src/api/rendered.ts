import { z } from 'zod';
import { Firmware, firmwareMeaning } from './firmware.js';

/** What a machine fetches that is made for it. */
export const renderedKinds = ['ipxe', 'first-stage', 'ignition', 'cloud-config', 'installer'] as const;
export const RenderedKind = z.enum(renderedKinds);
export type RenderedKind = z.output<typeof RenderedKind>;

/** `GET /api/v1/hosts/{serial}/rendered/{what}`: exactly what that machine would get now. Nothing is recorded by it. */
export const Rendered = z.object({
  what: RenderedKind,
  template: z.string().describe('The template that made it.'),
  text: z.string(),
});
export type Rendered = z.output<typeof Rendered>;

/** The query of it. */
export const RenderedQuery = z.strictObject({
  firmware: Firmware.optional().describe(`For ipxe. ${firmwareMeaning} bios without it.`),
  platform: Firmware.optional().describe('The same, where firmware is not given.'),
  arch: z
    .string()
    .max(16)
    .optional()
    .describe('For ipxe, its `${buildarch}`, where it is not what the firmware stands for.'),
});
export type RenderedQuery = z.output<typeof RenderedQuery>;
