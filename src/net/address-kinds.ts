import { BlockList, isIP } from 'node:net';

const noPlace = blockListOf([
  ['0.0.0.0', 8], //       RFC 1122 §3.2.1.3: this network
  ['127.0.0.0', 8], //     RFC 1122 §3.2.1.3: loopback
  ['169.254.0.0', 16], //  RFC 3927: link-local, on whatever link
  ['224.0.0.0', 4], //     RFC 5771: multicast
  ['240.0.0.0', 4], //     RFC 1112 §4: reserved, and the broadcast address
  ['::', 127], //          RFC 4291 §2.5.2, §2.5.3: unspecified and loopback
  ['fe80::', 10], //       RFC 4291 §2.5.6: link-local
  ['ff00::', 8], //        RFC 4291 §2.7: multicast
]);

/** RFC 4291 §2.5.5.2. A list of its own: every IPv4 address counts as one of these. */
const mapped = blockListOf([['::ffff:0:0', 96]]);

const privateNetworks = blockListOf([
  ['10.0.0.0', 8], //      RFC 1918
  ['172.16.0.0', 12], //   RFC 1918
  ['192.168.0.0', 16], //  RFC 1918
  ['100.64.0.0', 10], //   RFC 6598: shared address space
  ['fc00::', 7], //        RFC 4193: unique local
]);

/** Whether no other machine of a network can have the address, or it is one in disguise: IPv4 within IPv6, or with a zone. */
export function isNoPlaceForBmc(address: string): boolean {
  const family = familyOf(address);
  const isDisguised = family === 'ipv6' && (address.includes('%') || mapped.check(address, family));
  return isDisguised || noPlace.check(address, family);
}

/** Where clouds tell a machine its secrets, besides 169.254.169.254. */
const metadata = blockListOf([
  ['100.100.100.200', 32], //    Alibaba Cloud
  ['168.63.129.16', 32], //      Azure
  ['192.0.0.192', 32], //        Oracle Cloud
  ['fd00:ec2::254', 128], //     AWS
  ['fd20:ce::254', 128], //      Google Cloud
]);

/** Whether the address is this computer’s own loopback, on some link of its own, a metadata service, or none that a server can have. */
export function isLocalAddress(address: string): boolean {
  return isNoPlaceForBmc(address) || metadata.check(address, familyOf(address));
}

/** Whether the address is used within sites only. */
export function isPrivateAddress(address: string): boolean {
  return privateNetworks.check(address, familyOf(address));
}

function blockListOf(networks: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [network, prefixLength] of networks) list.addSubnet(network, prefixLength, familyOf(network));
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
