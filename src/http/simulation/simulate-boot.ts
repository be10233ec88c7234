import type { SimulatedStep, Simulation, SimulationCommand } from '../../api/simulation.js';
import { askerOfMachine, isHost } from '../../access/boot-asker.js';
import type { BootDecision } from '../../boot/boot-source.js';
import { ImagoError } from '../../errors.js';
import { newHost, type Host } from '../../host/host.js';
import { identityStep, placeStep, sourceSteps, toldBy } from '../explain.js';
import { hardwareInQuestion, waitingAs } from '../explain-profiles.js';
import { profileOf } from '../profile-of.js';
import { previewDocument } from '../render-document.js';
import {
  renderBootScript,
  renderDescription,
  renderFirstScript,
  renderOthersScript,
  type Rendered,
} from '../render-for-host.js';
import type { PreviewPorts } from '../services.js';
import { simulateDhcpOf } from './simulate-dhcp-of.js';
import { filesIn } from './simulated-files.js';
import { simulatedMachine, type SimulatedMachine } from './simulated-machine.js';

type Step = SimulatedStep;

/** A boot from the first DISCOVER to the configuration, by the functions that decide it for real. Nothing is recorded. */
export async function simulateBoot(command: SimulationCommand, services: PreviewPorts): Promise<Simulation> {
  const machine = simulatedMachine(command, services.store);
  const { serial, uuid, mac, known } = machine;
  const start = await simulateDhcpOf(machine, services);
  const waiting = known ? undefined : waitingAs(serial, mac, services);
  const hardware = hardwareInQuestion(command.label, known ?? waiting);
  const arrival = { serial, uuid, mac, hardware };
  const identity = identityStep(serial, undefined, known);
  const who = bare({
    ...identity,
    answer: `${identity.answer}, MAC address ${mac}${machine.isMacMadeUp ? ' (made up: none is known)' : ''}`,
  });
  const decision = await services.sources.decide(askerOfMachine(serial, mac, known, command), () =>
    isHost(serial, services.store, services.config()),
  );
  if (decision.from !== 'hosts') {
    return simulation(machine, [who, ...start.steps, ...(await othersSteps(decision, machine, services))]);
  }
  const { host, obstacle } = services.provisioner.previewArrival(arrival, start.asker);
  return simulation(machine, [
    who,
    { ...bare(placeStep(host, known, obstacle, services)), ...(obstacle && { fault: obstacle.message }) },
    ...start.steps,
    await made('boot.ipxe', 'every machine loads it first', host, services, () =>
      renderFirstScript(services),
    ),
    ...(await scriptSteps(machine, host, obstacle, services)),
  ]);
}

/** What another source than hosts has the machine boot. */
async function othersSteps(
  decision: Exclude<BootDecision, { from: 'hosts' }>,
  { serial }: SimulatedMachine,
  services: PreviewPorts,
): Promise<Step[]> {
  const host = newHost(serial);
  const [source, script] = sourceSteps(decision, services);
  const { plan, text } = renderOthersScript(decision, services);
  return [
    bare(source),
    await made('boot.ipxe', 'every machine loads it first', host, services, () =>
      renderFirstScript(services),
    ),
    {
      ...bare({ ...script, step: 'ipxe' }),
      text,
      files: await filesIn(text, host, services),
      ...(plan.kind === 'wait' && { fault: plan.reason }),
    },
  ];
}

function simulation({ serial, known, mac }: SimulatedMachine, steps: Step[]): Simulation {
  const faults = steps.flatMap(({ fault, files }) => [fault, ...files.map((file) => file.fault)]);
  return {
    serial,
    ...(known && { state: known.state }),
    mac,
    steps,
    faults: faults.filter((fault) => fault !== undefined).length,
  };
}

/** What `/ipxe` answers, and where that leads. */
async function scriptSteps(
  machine: SimulatedMachine,
  host: Host,
  obstacle: ImagoError | undefined,
  services: PreviewPorts,
): Promise<Step[]> {
  let isOver = true;
  const script = await attempt('ipxe', async () => {
    const { plan, template, text } = await renderBootScript(host, machine, obstacle, services);
    isOver = plan.kind !== 'kernel';
    return {
      ...bare({ step: 'ipxe', ...toldBy(plan, template) }),
      text,
      files: await filesIn(text, host, services),
      ...(plan.kind === 'wait' && { fault: plan.reason }),
    };
  });
  return isOver ? [script] : [script, ...(await installationSteps(machine, host, services))];
}

/** What the system that it booted fetches, in the order of its profile's mode. */
async function installationSteps(
  { serial, uuid, mac }: SimulatedMachine,
  host: Host,
  services: PreviewPorts,
): Promise<Step[]> {
  const profile = profileOf(host, services.config());
  const mode = profile?.mode ?? 'two-stage';
  const arrival = { serial, uuid, mac };
  const netDevs = mode === 'two-stage' ? [{ name: 'eth0', mac }] : [];
  const format = mode === 'two-stage' ? (profile?.install.configFormat ?? 'ignition') : 'ignition';
  const rule = `mode ${mode} of profile ${host.profile ?? 'none'}`;
  const asInstalling = () => services.provisioner.previewInstallation(arrival, { netDevs }).host;
  const description = () => renderDescription(host, services);
  const firstStage = () => previewDocument('first-stage', host, services);
  const installer = () => previewDocument('installer', asInstalling(), services);
  const configuration = () => previewDocument(format, asInstalling(), services);
  return [
    ...(host.isProfileTentative && mode === 'two-stage'
      ? [await made('describe', 'its profile hangs on what its installer tells', host, services, description)]
      : []),
    ...(mode === 'two-stage' ? [await made('first-stage', rule, host, services, firstStage)] : []),
    ...(mode === 'direct-ignition' ? [await made('installer', rule, host, services, installer)] : []),
    await made('configuration', `${rule}, its ${format}`, host, services, configuration),
  ];
}

/** Something that is made for the machine. */
function made(
  step: string,
  rule: string,
  host: Host,
  services: PreviewPorts,
  render: () => Rendered | Promise<Rendered>,
): Promise<Step> {
  return attempt(step, async () => {
    const { template, text } = await render();
    const answer = `${Buffer.byteLength(text)} bytes (${template})`;
    return { ...bare({ step, answer, rule }), text, files: await filesIn(text, host, services) };
  });
}

/** A template at fault or a missing file is the very thing that is looked for. */
async function attempt(step: string, make: () => Promise<Step>): Promise<Step> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof ImagoError)) throw error;
    const { message } = error;
    return { ...bare({ step, answer: 'nothing: it is told to try again', rule: message }), fault: message };
  }
}

function bare(step: Pick<Step, 'step' | 'answer' | 'rule' | 'plan'>): Step {
  return { ...step, details: [], files: [] };
}
