import type { BootAsker, BootSource, SourcedPlan } from '../../boot/boot-source.js';
import type { BootPlan, InitialRamdisk } from '../../boot/boot-plan.js';
import { absoluteUrl, fileNameOf } from '../../boot/operator-url.js';
import { showValue } from '../../errors.js';
import { NoMatch } from './errors.js';
import type { Group } from './group.js';
import { isMacName, normalMac, type Labels } from './labels.js';
import type { MatchboxBook } from './matchbox-book.js';
import type { NetBoot, Profile } from './profile.js';
import { ipxeScript } from './render-boot.js';

interface SourceParts {
  readonly book: MatchboxBook;
  /** Of the listener against which URLs are meant, without a slash at its end. */
  readonly base: () => string;
  /** The URL of imago's first script. */
  readonly retry: () => string;
}

/** Groups and profiles as a source of boot plans, beside imago's own hosts. */
export function matchboxSource({ book, base, retry }: SourceParts): BootSource {
  return {
    name: 'matchbox',
    async find(asker) {
      const group = await book.select(labelsOfAsker(asker));
      if (!group) return undefined;
      const profile = await book.profiles.get(group.profile);
      if (!profile)
        throw new NoMatch(
          `group ${group.id} names profile ${showValue(group.profile)}, which is not there or faulty`,
        );
      if (!profile.boot)
        throw new NoMatch(`profile ${profile.id} of group ${group.id} boots nothing: give it a boot`);
      return sourced(group, profile, asker, planOf(group, profile, profile.boot, base(), retry()));
    },
  };
}

/** The card that imago leased to counts, whatever a machine says. */
function labelsOfAsker({ mac, uuid, serial, labels }: BootAsker): Labels {
  const said = Object.entries(labels).flatMap(([name, value]) => {
    const fit = isMacName(name) ? normalMac(value) : value;
    return fit === undefined ? [] : [[name, fit] as const];
  });
  const known = Object.entries({ mac, uuid, serial }).filter(
    (label): label is [string, string] => label[1] !== undefined,
  );
  return new Map([...known, ...said, ...(mac === undefined ? [] : [['mac', mac] as const])]);
}

function sourced(group: Group, profile: Profile, { uuid }: BootAsker, plan: BootPlan): SourcedPlan {
  const pairs = Object.entries(group.selector).map(([name, value]) => `${name}=${value}`);
  const rule =
    pairs.length === 0
      ? `it takes every machine, and gives it profile ${profile.id}`
      : `of the groups that match it has most selectors (${pairs.sort().join(', ')}), and gives profile ${profile.id}`;
  // A group that goes by it may take the machine when it says it.
  const unknown = uuid === undefined ? '; its UUID is not known here' : '';
  return { plan, by: `group ${group.id}`, rule: rule + unknown };
}

function planOf(group: Group, { id }: Profile, boot: NetBoot, base: string, retry: string): BootPlan {
  const reason = `it is in group ${group.id} of matchbox, which boots profile ${id}`;
  const initrds = boot.initrd.map((each) => ramdiskOf(each, base));
  const kernel = absoluteUrl(boot.kernel, base);
  const named = initrds.flatMap((each) => each ?? []);
  if (named.length < initrds.length || [kernel, ...named.map(({ url }) => url)].some(isForIpxeAlone)) {
    const lines = boot.initrd.map((each) => absoluteWords(each, base));
    return { kind: 'script', reason, text: ipxeScript({ ...boot, kernel, initrd: lines }) };
  }
  // The loader names each ramdisk to the kernel itself: one that is named twice is loaded twice.
  const own = new Set(named.map(({ name }) => `initrd=${name}`));
  const words = boot.args.flatMap((arg) => arg.split(/\s+/)).filter((word) => word !== '' && !own.has(word));
  return {
    kind: 'kernel',
    purpose: 'other',
    reason,
    label: id,
    kernel,
    initrds: named,
    arguments: words.map((text) => ({ text, from: 'operator' as const })),
    message: [`imago: group ${group.id} of matchbox, profile ${id}`],
    retry,
  };
}

/** A URL, or one with a name for it; undefined where more is said than that. */
function ramdiskOf(entry: string, base: string): InitialRamdisk | undefined {
  const words = entry.split(/\s+/).filter((word) => word !== '');
  const [option, name, url] = words.length === 3 ? words : [undefined, undefined, words[0]];
  if (url === undefined || (words.length !== 1 && words.length !== 3)) return undefined;
  if (option !== undefined && option !== '--name' && option !== '-n') return undefined;
  return { name: name ?? fileNameOf(url), url: absoluteUrl(url, base) };
}

/** The last word is the URL. */
function absoluteWords(entry: string, base: string): string {
  const words = entry.split(/\s+/).filter((word) => word !== '');
  return [...words.slice(0, -1), absoluteUrl(words.at(-1) ?? '', base)].join(' ');
}

/** It holds a setting of iPXE's, which nobody else knows. */
function isForIpxeAlone(url: string): boolean {
  return url.includes('${');
}
