import { z } from 'zod';

export const newHostsSection = z
  .strictObject({
    perAddressPerHour: z
      .int()
      .min(0)
      .default(10)
      .describe(
        'How many new machines one client brings within an hour: a network card that has a lease of ours, else an asking address. 0: any number.',
      ),
    perMinute: z
      .int()
      .min(0)
      .default(1000)
      .describe(
        'How many new machines come within a minute from addresses that are neither leased by imago nor a host’s. 0: any number.',
      ),
    requireLease: z
      .boolean()
      .default(false)
      .describe(
        'Take up new machines only from addresses that imago leased, or that are a host’s. Needs dhcp.mode server.',
      ),
  })
  .describe(
    'Machines that nobody named before become hosts by asking: how many do. Those under hosts, and those that operators add, are not counted.',
  );

export type NewHostLimits = z.output<typeof newHostsSection>;
