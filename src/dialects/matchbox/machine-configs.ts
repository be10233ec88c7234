import { showValue } from '../../errors.js';
import { checkCloudConfig } from './cloud-config.js';
import { NoMatch } from './errors.js';
import { isIgnitionFile } from './find-faults.js';
import type { Group } from './group.js';
import { labelsOf, type Labels } from './labels.js';
import type { Languages, Template } from './languages.js';
import type { MatchboxBook, TemplateKind } from './matchbox-book.js';
import type { NetBoot, Profile } from './profile.js';
import { BOOT_SCRIPT, grubMenu, ipxeScript } from './render-boot.js';
import { sniffedType } from './sniffed-type.js';
import { TemplateCache } from './template-cache.js';
import { environmentOf, variablesOf } from './variables.js';

/** What is answered to a machine. */
export interface ConfigAnswer {
  readonly type: string;
  readonly body: Buffer;
}

interface ConfigParts {
  readonly book: MatchboxBook;
  readonly languages: Languages;
}

/** A machine that asks, and the group that it is in. */
interface Asked {
  readonly labels: Labels;
  readonly rawQuery: string;
  readonly group: Group;
}

/** What matchbox serves to machines by the query they ask with. Each throws NoMatch, or an ImagoError of a fault. */
export class MachineConfigs {
  readonly #cache: TemplateCache;
  /** Prints a number as Go does. */
  readonly #number: Template;

  constructor(private readonly parts: ConfigParts) {
    this.#cache = new TemplateCache(parts.languages);
    this.#number = parts.languages.template('number', Buffer.from('{{.}}'));
  }

  async boot(): Promise<ConfigAnswer> {
    return sniffed(BOOT_SCRIPT);
  }

  async ipxe(rawQuery: string): Promise<ConfigAnswer> {
    return sniffed(ipxeScript(await this.#bootOf(rawQuery)));
  }

  async grub(rawQuery: string): Promise<ConfigAnswer> {
    return sniffed(grubMenu(await this.#bootOf(rawQuery)));
  }

  async ignition(rawQuery: string): Promise<ConfigAnswer> {
    const { languages } = this.parts;
    const asked = await this.#groupOf(rawQuery);
    const { ignitionId: name } = await this.#profileOf(asked);
    const template = await this.#template('ignition', name);
    const shown = `ignition/${name}`;
    const json = isIgnitionFile(name)
      ? languages.ignition(template.toString('utf8'), shown)
      : await languages.translate(this.#render(shown, template, asked), shown);
    return { type: 'application/json', body: Buffer.from(json) };
  }

  async cloud(rawQuery: string): Promise<ConfigAnswer> {
    const asked = await this.#groupOf(rawQuery);
    const { cloudId: name } = await this.#profileOf(asked);
    const template = await this.#template('cloud', name);
    const text = this.#render(`cloud/${name}`, template, asked);
    checkCloudConfig(text, `cloud/${name}`);
    return sniffed(text);
  }

  async generic(rawQuery: string): Promise<ConfigAnswer> {
    const asked = await this.#groupOf(rawQuery);
    const { genericId: name } = await this.#profileOf(asked);
    const template = await this.#template('generic', name);
    return sniffed(this.#render(`generic/${name}`, template, asked));
  }

  async metadata(rawQuery: string): Promise<ConfigAnswer> {
    const { labels, group } = await this.#groupOf(rawQuery);
    const text = environmentOf(variablesOf(group, labels, rawQuery), (value) => this.#number.execute(value));
    return { type: 'text/plain', body: Buffer.from(text) };
  }

  async #groupOf(rawQuery: string): Promise<Asked> {
    const ignored: string[] = [];
    const labels = labelsOf(rawQuery, (mac) => ignored.push(mac));
    const group = await this.parts.book.select(labels);
    if (group) return { labels, rawQuery, group };
    const [mac] = ignored;
    const hint = mac === undefined ? '' : `; its mac ${showValue(mac)} is no hardware address`;
    throw new NoMatch(`no group matches ${showLabels(labels)}${hint}`, { labels: showLabels(labels) });
  }

  async #profileOf({ group }: Asked): Promise<Profile> {
    const profile = await this.parts.book.profiles.get(group.profile);
    if (profile) return profile;
    throw new NoMatch(
      `group ${group.id} names profile ${showValue(group.profile)}, which is not there or faulty`,
      { group: group.id, profile: group.profile },
    );
  }

  async #bootOf(rawQuery: string): Promise<NetBoot> {
    const asked = await this.#groupOf(rawQuery);
    const { id, boot } = await this.#profileOf(asked);
    if (boot) return boot;
    throw new NoMatch(`profile ${id} of group ${asked.group.id} boots nothing: give it a boot`, {
      group: asked.group.id,
      profile: id,
    });
  }

  async #template(kind: TemplateKind, name: string): Promise<Buffer> {
    const template = name === '' ? undefined : await this.parts.book.templates[kind].get(name);
    if (template) return template;
    throw new NoMatch(
      name === '' ? `the profile has no ${kind}_id` : `there is no template ${kind}/${showValue(name)}`,
      { template: `${kind}/${name}` },
    );
  }

  #render(shown: string, template: Buffer, { group, labels, rawQuery }: Asked): string {
    return this.#cache.get(shown, template).execute(variablesOf(group, labels, rawQuery));
  }
}

function sniffed(text: string): ConfigAnswer {
  const body = Buffer.from(text);
  return { type: sniffedType(body), body };
}

const MOST_SHOWN = 10;

function showLabels(labels: Labels): string {
  const shown = Array.from(labels, ([name, value]) => `${name}=${value}`).slice(0, MOST_SHOWN);
  return showValue(shown.join(' '));
}
