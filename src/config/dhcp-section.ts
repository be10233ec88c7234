import { z } from 'zod';

export const dhcpSection = z.strictObject({
  mode: z
    .enum(['server', 'proxy', 'off'])
    .default('server')
    .describe('server: gives addresses; proxy: only boot answers, beside another DHCP server; off: none.'),
});
