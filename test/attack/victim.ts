import { setTimeout as pause } from 'node:timers/promises';
import type { AttackLab, Victim } from './attack-lab.js';
import type { Answer, NetworkMachine } from './machine.js';

/** How far a machine has come. */
export type Stage = 'unseen' | 'script' | 'installing' | 'installed' | 'running';

/** A machine on its way, and what it was told for itself alone. */
export interface Living extends Victim {
  readonly stage: Stage;
  readonly address: string;
  /** Before the paths of its calls: with its capability in it, where it was given one. */
  readonly base: string;
}

const PROOF = /\/m\/[0-9a-f]{32}/;

/** What of its boot nobody else may know. */
export function capabilityOf({ base }: Pick<Living, 'base'>): string | undefined {
  return PROOF.exec(base)?.[0];
}

export function factsOf({ serial, mac }: Pick<Victim, 'serial' | 'mac'>): string {
  return JSON.stringify({
    Serial: serial,
    NetDevs: [{ Name: 'eth0', MacAddress: mac }],
    IPMIAddress: '',
    ConnectedNIC: 'eth0',
  });
}

export function bootPath({ serial, mac, uuid }: Victim): string {
  return `/ipxe?uuid=${uuid}&mac=${mac.replaceAll(':', '-')}&serial=${serial}&platform=pcbios&arch=x86_64&nics=${mac.replaceAll(':', '-')},,,`;
}

const json = { 'content-type': 'application/json' };

/** The calls of a machine that installs itself, in their order. */
export const calls = {
  firstStage: (base: string, { serial }: Victim) => ({ path: `${base}/first-stage-script/${serial}` }),
  ignition: (base: string, victim: Victim) => ({
    method: 'POST',
    path: `${base}/final-ignition-config.json`,
    headers: json,
    body: factsOf(victim),
  }),
  cloudConfig: (base: string, victim: Victim) => ({
    method: 'POST',
    path: `${base}/final-cloud-config.yaml`,
    headers: json,
    body: factsOf(victim),
  }),
  getIgnition: (base: string, { serial }: Victim) => ({ path: `${base}/ignition/${serial}` }),
  installerIgnition: (base: string, { serial }: Victim) => ({ path: `${base}/ignition/${serial}/installer` }),
  progress: (base: string, { serial }: Victim) => ({
    method: 'POST',
    path: `${base}/report/${serial}/failed`,
    headers: { 'content-type': 'text/plain' },
    body: 'the disk burns',
  }),
  installed: (base: string, { serial }: Victim) => ({
    method: 'PUT',
    path: `${base}/admin/host/${serial}/set_installed`,
  }),
  booted: (base: string, { serial }: Victim) => ({
    method: 'PUT',
    path: `${base}/admin/host/${serial}/boot_complete`,
    headers: json,
    body: '{"DockerVersion":"9.9.9"}',
  }),
} as const;

/** Takes the machine from power-on to a stage. @throws where an honest machine is refused: then nothing is shown by the rest */
export async function live(lab: AttackLab, victim: Victim, stage: Stage): Promise<Living> {
  const { a } = lab;
  await a.becomeCard(victim.mac);
  const address = await a.lease();
  let living: Living = { ...victim, stage, address, base: '' };
  if (stage === 'unseen') return living;
  const script = accepted(await a.get(bootPath(victim)), victim.marker);
  const [, base = ''] =
    /http:\/\/10\.75\.0\.1:4080((?:\/m\/[0-9a-f]{32})?)\/first-stage-script\//.exec(script) ?? [];
  living = { ...living, base };
  if (stage === 'script') return living;
  await goOn(a, living, 'script', stage);
  return living;
}

const order: readonly Stage[] = ['unseen', 'script', 'installing', 'installed', 'running'];

/** As installers do: what may be otherwise in a moment is asked for again. */
async function patiently(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; tries < 8; tries += 1) {
    const answer = await ask();
    if (answer.status !== 503) return answer;
    await pause(500);
  }
  return ask();
}

/** The rest of its way, by the same boot. @throws where it is refused */
export async function goOn(a: NetworkMachine, living: Living, from: Stage, to: Stage): Promise<void> {
  const { base, marker } = living;
  for (const stage of order.slice(order.indexOf(from) + 1, order.indexOf(to) + 1)) {
    if (stage === 'installing') {
      accepted(await patiently(() => a.ask(calls.firstStage(base, living))), marker);
      accepted(await patiently(() => a.ask(calls.ignition(base, living))), living.secret);
    } else if (stage === 'installed') accepted(await patiently(() => a.ask(calls.installed(base, living))));
    else if (stage === 'running') accepted(await patiently(() => a.ask(calls.booted(base, living))));
  }
}

function accepted({ status, body, fault }: Answer, says = ''): string {
  if (status < 200 || status > 299 || !readable(body).includes(says))
    throw new Error(`the machine itself was refused: ${status} ${fault ?? ''} ${body.slice(0, 2000)}`);
  return body;
}

/** As it stands, and decoded where it is base64, as Ignition has files. */
export function readable(text: string): string {
  const decoded = [...text.matchAll(/base64,([A-Za-z0-9+/=]+)/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString('latin1'),
  );
  return [text, ...decoded].join('\n');
}
