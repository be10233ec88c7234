import { rangeContains, formatRange } from '../net/address-range.js';
import { formatIpv4 } from '../net/ipv4.js';
import { formatSubnet, isHostAddress, subnetContains, type Subnet } from '../net/subnet.js';
import type { Fault, FaultPath } from './fault.js';
import { ipv4At, listAt, rangeAt, subnetAt } from './raw-values.js';

/** The networks of DHCP beside the provisioning network, and the addresses that are reserved in any of them. */
export function checkDhcp(raw: unknown): Fault[] {
  return [...checkSubnets(raw), ...checkReservations(raw)];
}

function checkSubnets(raw: unknown): Fault[] {
  const main = subnetAt(raw, ['network', 'subnet']);
  if (!main) return [];
  return relayedSubnets(raw).flatMap(({ path, subnet }) =>
    subnetContains(main, subnet.network) || subnetContains(subnet, main.network)
      ? [
          {
            path,
            message: `${formatSubnet(subnet)} overlaps network.subnet ${formatSubnet(main)}: only other networks belong here`,
          },
        ]
      : [],
  );
}

function checkReservations(raw: unknown): Fault[] {
  const main = subnetAt(raw, ['network', 'subnet']);
  if (!main) return [];
  const subnets = [main, ...relayedSubnets(raw).map(({ subnet }) => subnet)];
  const hostRange = rangeAt(raw, ['network', 'hostRange']);
  const owners = addressOwners(raw);
  return listAt(raw, ['dhcp', 'reservations']).flatMap((_, index) => {
    const path = ['dhcp', 'reservations', index, 'address'];
    const address = ipv4At(raw, path);
    if (address === undefined) return [];
    const text = formatIpv4(address);
    if (!subnets.some((subnet) => isHostAddress(subnet, address))) {
      const names = subnets.map(formatSubnet).join(', ');
      return [{ path, message: `${text} is not an address for a host in ${names}: choose one inside` }];
    }
    const owner = owners.find((each) => ipv4At(raw, each) === address);
    if (owner) return [{ path, message: `${text} is ${owner.join('.')} already: choose another` }];
    if (hostRange && rangeContains(hostRange, address)) {
      return [
        {
          path,
          message: `${text} is in network.hostRange ${formatRange(hostRange)}, from where hosts get theirs: choose one outside, or give it to the machine as hosts[].address`,
        },
      ];
    }
    return [];
  });
}

function relayedSubnets(raw: unknown): { path: FaultPath; subnet: Subnet }[] {
  return listAt(raw, ['dhcp', 'subnets']).flatMap((_, index) => {
    const path = ['dhcp', 'subnets', index, 'subnet'];
    const subnet = subnetAt(raw, path);
    return subnet ? [{ path, subnet }] : [];
  });
}

/** The settings that name the address of a machine which is no client. */
function addressOwners(raw: unknown): FaultPath[] {
  return [
    ['network', 'serverAddress'],
    ['network', 'router'],
    ...listAt(raw, ['dhcp', 'subnets']).map((_, index) => ['dhcp', 'subnets', index, 'router']),
  ];
}
