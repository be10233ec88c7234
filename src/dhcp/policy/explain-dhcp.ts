import type { DhcpDecision, IgnoreReason } from '../decision.js';
import { formatIpv4, UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';

/** What is answered to a client, and by which rule; both as sentences for operators. */
export interface DhcpExplanation {
  readonly answer: string;
  readonly rule: string;
}

/** @param fixedAddress The address that the host of this client has for its life. */
export function explainDhcp(decision: DhcpDecision, fixedAddress: Ipv4 | undefined): DhcpExplanation {
  if (decision.kind === 'ignore') return { answer: 'no answer', rule: silence[decision.reason] };
  const { yiaddr } = decision.reply;
  const isFixed = yiaddr === fixedAddress;
  const boots = decision.boots === undefined || decision.boots === '' ? undefined : decision.boots;
  const address = yiaddr === UNSPECIFIED_IPV4 ? 'no address' : `address ${formatIpv4(yiaddr)}`;
  return {
    answer: boots === undefined ? address : `${address}, boot file ${boots}`,
    rule: [
      isFixed ? 'the fixed address of its host' : addressRule(yiaddr),
      boots === undefined ? 'it boots nothing from the network' : bootRule(boots),
    ].join('; '),
  };
}

function addressRule(address: Ipv4): string {
  return address === UNSPECIFIED_IPV4
    ? 'another server gives addresses'
    : 'a dynamic address of network.bootstrapRange: the one it had, or a free one';
}

function bootRule(boots: string): string {
  return /^https?:/.test(boots)
    ? 'what boots over HTTP gets a URL: iPXE that of its script, firmware that of a boot loader'
    : 'firmware gets the boot loader of its architecture by TFTP';
}

const silence: Readonly<Record<IgnoreReason, string>> = {
  'not-a-request': 'it is no request',
  'no-message-type': 'it is BOOTP, not DHCP',
  'unknown-message-type': 'its message type is unknown',
  'no-client-identity': 'it does not say who it is',
  malformed: 'the message is malformed',
  fault: 'answering failed: the log says why',
  'no-subnet': 'its network is none of those in the configuration',
  denied: 'it is in dhcp.deny, or not in dhcp.allow',
  'other-server': 'it speaks to another server',
  'unknown-client': 'it asks for an address that it never got here',
  'not-the-holder': 'the address is not its own',
  'pool-exhausted': 'no address is left in network.bootstrapRange: widen it, or shorten its leaseSeconds',
  'leases-not-written':
    'leases cannot be written: until they can, only fixed addresses and leases that are on disk already are given',
  'relay-port-full': 'too many machines are behind that port of the relay',
  'not-a-pxe-client': 'another server gives addresses, and it boots nothing from the network',
  'nothing-to-boot': 'there is no boot loader for its architecture',
  released: 'it gives its address back',
  declined: 'it declines an address',
  'declined-too-often': 'it declines one address after the other: its declines no longer count',
};
