import { z } from 'zod';
import { ipv4, subnet } from './values.js';

const route = z.strictObject({
  to: subnet.describe('The network that is reached by it.'),
  via: ipv4.describe('The router, in the subnet of the interface.'),
});

const extraNic = z.strictObject({
  name: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/,
      'is not the name of a network interface: write up to 15 characters, as in eth1',
    )
    .describe('The interface, as the machine’s system names it; with `vlan` the name it is to have.'),
  vlan: z
    .int()
    .min(1)
    .max(4094)
    .optional()
    .describe('A VLAN of this number on the machine’s NIC, bond or bridge, instead of a NIC of its own.'),
  subnet: subnet.describe('Its network.'),
  range: z
    .strictObject({
      first: ipv4.describe('The lowest address.'),
      last: ipv4.describe('The highest address.'),
    })
    .describe('Each host gets a fixed address from here, for its life.'),
  routes: z.array(route).default([]).describe('Networks behind it.'),
});

export const extraNicsSection = z.array(extraNic).max(32).default([]);
