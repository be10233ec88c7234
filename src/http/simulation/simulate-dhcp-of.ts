import type { SimulatedFile, SimulatedStep } from '../../api/simulation.js';
import { simulateDhcp, type DhcpExchange, type PreviewDhcp } from '../../dhcp/policy/simulate-dhcp.js';
import { ipxeOn, type SimulatedClient } from '../../dhcp/policy/simulated-client.js';
import { newHost } from '../../host/host.js';
import { UNSPECIFIED_IPV4, type Ipv4 } from '../../net/ipv4.js';
import type { Asker } from '../../provision/new-host-gate.js';
import { templateContext } from '../../template/context.js';
import type { PreviewPorts } from '../services.js';
import { simulatedFile, tftpFile } from './simulated-files.js';
import type { SimulatedMachine } from './simulated-machine.js';

/** A machine loads iPXE, which may load ours once more; beyond that it goes round in circles. */
const MOST_LOADERS = 2;

interface SimulatedStart {
  readonly steps: SimulatedStep[];
  /** Who asks for the script then; undefined where the machine gets no further. */
  readonly asker?: Asker;
}

/** From power on until iPXE has the URL of its script: each exchange of DHCP, and each loader between them. */
export async function simulateDhcpOf(
  machine: SimulatedMachine,
  services: PreviewPorts,
): Promise<SimulatedStart> {
  const { previewDhcp, config } = services;
  if (!previewDhcp) {
    const rule = `dhcp.mode is off: another server names the boot loader, and ${templateContext({ config: config() }).urls.bootIpxe} to iPXE`;
    const step = { step: 'dhcp', answer: 'no answer of imago', rule, details: [], files: [] };
    return { steps: [step], asker: askerOf(machine, undefined) };
  }
  return exchanges(machine, services, previewDhcp);
}

async function exchanges(
  machine: SimulatedMachine,
  services: PreviewPorts,
  preview: PreviewDhcp,
): Promise<SimulatedStart> {
  const steps: SimulatedStep[] = [];
  const config = services.config();
  const { urls } = templateContext({ config });
  let client: SimulatedClient = machine.firmware;
  let effects: DhcpExchange['effects'] = [];
  for (let loaders = 0; ; loaders += 1) {
    const exchange = simulateDhcp(client, machine.known?.internalAddress, effects, preview);
    const { answer, rule, details, fault } = exchange;
    const who = client.isIpxe ? 'dhcp of iPXE' : 'dhcp';
    steps.push({ step: who, answer, rule, details: [...details], files: [], ...(fault && { fault }) });
    if (fault !== undefined) return { steps };
    if (client.isIpxe && exchange.boots === urls.bootIpxe)
      return { steps, asker: askerOf(machine, exchange.address) };
    if (loaders === MOST_LOADERS) {
      const circle = 'iPXE is given a loader again and again: see dhcp.ownUserClass';
      steps.push({ ...loaderStep(exchange, { url: exchange.boots, from: 'imago' }), fault: circle });
      return { steps };
    }
    const file = await loaderFile(exchange, machine, urls.base, services);
    steps.push(loaderStep(exchange, file));
    client = ipxeOn(machine.firmware, config.dhcp.ownUserClass);
    effects = exchange.effects;
  }
}

/** @param address That imago leases to it; undefined where another server does. */
function askerOf({ mac }: SimulatedMachine, address: Ipv4 | undefined): Asker {
  if (address === undefined) return { address, isServer: false };
  return { address, leasedTo: mac, hasLease: true, isServer: false };
}

function loaderStep({ boots }: DhcpExchange, file: SimulatedFile): SimulatedStep {
  const rule = 'what is loaded is taken for iPXE, which asks DHCP again';
  return { step: 'loader', answer: boots, rule, details: [], files: [file] };
}

async function loaderFile(
  { boots, nextServer, address }: DhcpExchange,
  { serial }: SimulatedMachine,
  base: string,
  services: PreviewPorts,
): Promise<SimulatedFile> {
  if (!/^https?:/.test(boots)) return tftpFile(boots, nextServer, address ?? UNSPECIFIED_IPV4, services);
  return (await simulatedFile(boots, base, newHost(serial), services)) ?? { url: boots, from: 'imago' };
}
