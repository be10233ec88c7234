import { z } from 'zod';

export const newHostsSection = z
  .strictObject({
    mode: z
      .enum(['auto', 'pending', 'listed'])
      .default('auto')
      .describe(
        'What becomes of a machine that nobody named. auto: it becomes a host. pending: it waits at its console with a code until an operator accepts it. listed: it waits until it stands under hosts, or is added. See docs/joining.md.',
      ),
    maxPending: z
      .int()
      .min(1)
      .max(10_000)
      .default(500)
      .describe(
        'How many machines are shown that wait to be accepted. Beyond it who holds no lease of imago makes room, the one that has been waiting for longest first.',
      ),
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
      .optional()
      .describe(
        'Only who holds an address that imago leased is believed: no machine is taken up without, and none gets the configuration of a host. By default true with dhcp.mode server, false otherwise, where imago leases nothing.',
      ),
    forgetAfterHours: z
      .number()
      .min(0)
      .max(8760)
      .default(72)
      .describe(
        'After how many hours without a sign of it a machine leaves the fleet again that became a host by asking, never came to be installed, and that no operator touched. Its address is free then. 0: never.',
      ),
  })
  .describe(
    'Machines that nobody named before: whether they become hosts by asking, and how many do. Those under hosts, and those that operators add, are not counted.',
  );

type NewHostSettings = z.output<typeof newHostsSection>;
export type NewHostLimits = Omit<NewHostSettings, 'mode' | 'maxPending'>;
export type JoiningSettings = Pick<NewHostSettings, 'mode' | 'maxPending'>;

/** What the configuration says of `newHosts.requireLease`, or what is right where it says nothing. */
export function requiresLease(mode: 'server' | 'proxy' | 'off', setting: boolean | undefined): boolean {
  return setting ?? mode === 'server';
}
