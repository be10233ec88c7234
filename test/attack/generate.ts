import type { Asked } from './machine.js';
import { ports } from './attack-lab.js';
import { calls, factsOf, type Living } from './victim.js';

/** The same numbers of the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % most;
  }

  of<T>(choices: readonly [T, ...T[]]): T {
    return choices[this.below(choices.length)] ?? choices[0];
  }

  sometimes(inSoMany: number): boolean {
    return this.below(inSoMany) === 0;
  }
}

/** Who is attacked, by whom, and what the latter knows. */
export interface Scene {
  readonly a: Living;
  /** Of A's URLs, where B has one: a capability, before the paths. */
  readonly known: string;
  /** B's own, for what it may do in its own name. */
  readonly own: { readonly serial: string; readonly mac: string; readonly base: string };
  /** The address to ask from. */
  readonly from: string;
}

/** One try to be A: a call of some dialect, with names, places, headers and bodies that are A's, nearly A's, or nobody's. */
export function tryOf(dice: Dice, { a, known, own, from }: Scene): Asked {
  const base = placeOf(dice, known, own.base);
  const serial = spelled(dice, dice.sometimes(8) ? own.serial : a.serial);
  const shape = dice.below(12);
  const headers = headersOf(dice, a);
  const asked = ((): Asked => {
    if (shape < 3)
      return { path: `${base}${dice.of(['/ipxe', '/ipxe', '//ipxe', '/IPXE'])}?${queryOf(dice, a, own)}` };
    if (shape < 5) {
      const victim = { ...a, serial };
      const call = dice.of([
        calls.firstStage,
        calls.getIgnition,
        calls.installerIgnition,
        calls.ignition,
        calls.cloudConfig,
        calls.progress,
        calls.installed,
        calls.booted,
      ]);
      return call(base, victim);
    }
    if (shape < 7)
      return {
        method: 'POST',
        path: `${base}${dice.of(['/final-ignition-config.json', '/final-cloud-config.yaml'])}`,
        body: bodyOf(dice, a, own),
      };
    if (shape === 7)
      return {
        method: dice.of(['PUT', 'POST', 'DELETE', 'PATCH', 'GET']),
        path: `${base}/admin/host/${serial}/${dice.of(['boot_complete', 'set_installed', 'set_state', 'override', 'set_ipmi_addr', 'mark_fresh', 'set_metadata'])}`,
        body: dice.of(['{}', '{"State":"configured"}', '{"IPMIAddr":"10.75.0.66"}', bodyOf(dice, a, own)]),
      };
    if (shape === 8)
      return {
        port: dice.of([4080, ports.bootcfg, ports.matchbox, ports.pxeInit]),
        path: `${dice.of(['/ipxe', '/grub', '/ignition', '/generic', '/cloud', '/metadata', '/boot.ipxe'])}?${queryOf(dice, a, own)}`,
      };
    if (shape === 9) return { path: `${dice.of(['/pixiecore/v1/boot/', '/v1/boot/'])}${macOf(dice, a.mac)}` };
    if (shape === 10)
      return {
        method: dice.of(['GET', 'PUT', 'POST', 'PATCH', 'DELETE']),
        path: `${base}/api/v1/${dice.of([`hosts/${serial}`, `hosts/${serial}/state`, `hosts/${serial}/rendered/ignition`, `explain/${serial}`, 'hosts', 'log', 'backup', 'tokens', 'leases'])}`,
        body: dice.of(['', '{"state":"configured"}', '{"overrides":{"marker":"none"}}']),
      };
    return {
      method: dice.of(['GET', 'PUT', 'DELETE']),
      path: dice.of([
        `${base}/images/${serial}/../../clusters/sandbox/${a.serial}/conf.json`,
        `${base}/images/%2e%2e/%2e%2e/var/sandbox.leases`,
        `/tftp/..%2f..%2fconf%2fimago.yaml`,
        `${base}/report/${serial}/${dice.of(['failed', 'download', 'constructor'])}`,
        `/etcd/${'0'.repeat(32)}/_config/size`,
        `${base}${base}/first-stage-script/${serial}`,
        `${known}/../first-stage-script/${serial}`,
        `/m/${'f'.repeat(32)}/first-stage-script/${serial}`,
      ]),
    };
  })();
  return { ...asked, headers: { ...headers, ...asked.headers }, from };
}

/** Nothing, A's capability where it is known, one of B's own, or one that nearly is A's. */
function placeOf(dice: Dice, base: string, own: string): string {
  const turned = base.replace(/.$/, (last) => (Number.parseInt(last, 16) ^ 1).toString(16));
  return dice.of([
    '',
    base,
    base,
    own,
    base.toUpperCase().replace('/M/', '/m/'),
    turned,
    `${base}%00`,
    base.slice(0, -1),
  ]);
}

function spelled(dice: Dice, serial: string): string {
  return dice.of([
    serial,
    serial,
    serial,
    serial.toUpperCase(),
    ` ${serial}`.replace(' ', '%20'),
    `${serial}%20`,
    `${serial}%00`,
    `${serial}/`,
    `./${serial}`,
    `%${serial.charCodeAt(0).toString(16)}${serial.slice(1)}`,
    `${serial}%0a`,
    serial.replace('v', '\u2174').replaceAll(/[^ -~]/g, encodeURIComponent),
  ]);
}

function macOf(dice: Dice, mac: string): string {
  return dice.of([mac, mac.replaceAll(':', '-'), mac.toUpperCase(), mac.replaceAll(':', '')]);
}

function queryOf(dice: Dice, a: Living, own: Scene['own']): string {
  const pairs: string[] = [];
  const put = (name: string, ...values: readonly [string, ...string[]]) => {
    if (!dice.sometimes(4)) pairs.push(`${name}=${dice.of(values)}`);
  };
  put('serial', spelled(dice, a.serial), spelled(dice, a.serial), own.serial, '');
  put('mac', macOf(dice, a.mac), macOf(dice, own.mac), '');
  put('uuid', a.uuid, a.uuid.toUpperCase(), '00000000-0000-0000-0000-000000000000');
  put('nics', `${a.mac.replaceAll(':', '-')},,,`, `${own.mac},${a.mac}`);
  put('platform', 'pcbios', 'efi');
  put('arch', 'x86_64', 'arm64');
  put('board', a.serial);
  put('chassis', a.serial);
  put('slot', '1', a.serial);
  if (dice.sometimes(6)) pairs.push(`serial=${a.serial}`, `mac=${a.mac}`);
  if (dice.sometimes(10)) pairs.reverse();
  return pairs.join('&');
}

/** What proxies say of where a request comes from, and what operators show. */
function headersOf(dice: Dice, a: Living): Record<string, string> {
  return dice.of<Record<string, string>>([
    {},
    {},
    { 'x-forwarded-for': a.address, 'x-real-ip': a.address },
    { forwarded: `for=${a.address}` },
    { 'x-imago-operator': 'root' },
    { authorization: `Bearer imago_aaaaaaaa_${'a'.repeat(43)}` },
    { cookie: 'imago=1' },
    { host: 'localhost' },
    { 'content-type': 'application/json' },
    { 'x-http-method-override': 'DELETE' },
  ]);
}

function bodyOf(dice: Dice, a: Living, own: Scene['own']): string {
  return dice.of([
    factsOf(a),
    factsOf({ serial: a.serial.toUpperCase(), mac: a.mac }),
    factsOf({ serial: a.serial, mac: own.mac }),
    factsOf({ serial: own.serial, mac: a.mac }),
    `{"Serial":"${own.serial}","Serial":"${a.serial}","NetDevs":[]}`,
    `{"__proto__":{"Serial":"${a.serial}"},"NetDevs":[]}`,
    `{"serial":"${a.serial}","SERIAL":"${a.serial}","NetDevs":[]}`,
    '{"Serial":""}',
    factsOf(a).slice(0, -5),
  ]);
}
