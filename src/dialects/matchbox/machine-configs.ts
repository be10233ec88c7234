import { createHash } from 'node:crypto';
import { cleanText, errorCode, fileReason, ImagoError, shorten, showValue } from '../../errors.js';
import { TemplateFault } from '../../template/template-fault.js';
import { checkCloudConfig } from './cloud-config.js';
import { NoMatch, UnfitTemplate } from './errors.js';
import { isIgnitionFile } from './find-faults.js';
import type { Group } from './group.js';
import { labelsOf, type Labels } from './labels.js';
import type { Languages, Template } from './languages.js';
import type { MatchboxBook, TemplateKind } from './matchbox-book.js';
import type { NetBoot, Profile } from './profile.js';
import { BOOT_SCRIPT, grubMenu, ipxeScript } from './render-boot.js';
import { sniffedType } from './sniffed-type.js';
import { TemplateCache } from './template-cache.js';
import type { TemplateFaults } from './template-faults.js';
import { environmentOf, variablesOf } from './variables.js';

/** What is answered to a machine. */
export interface ConfigAnswer {
  readonly type: string;
  readonly body: Buffer;
}

interface ConfigParts {
  readonly book: MatchboxBook;
  readonly languages: Languages;
  /** Told of each template whether it could be given to a machine. */
  readonly faults: TemplateFaults;
}

/** A machine that asks, and the group that it is in. */
interface Asked {
  readonly labels: Labels;
  readonly rawQuery: string;
  readonly group: Group;
}

/** What is to be made of a template for a machine. */
interface AskedTemplate extends Asked {
  /** Its name in messages. */
  readonly shown: string;
  readonly text: Buffer;
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
    return this.#answer('ignition', rawQuery, async (template) => {
      const { shown, text } = template;
      const json = isIgnitionFile(shown)
        ? languages.ignition(text.toString('utf8'), shown)
        : await languages.translate(this.#render(template), shown);
      return { type: 'application/json', body: Buffer.from(json) };
    });
  }

  async cloud(rawQuery: string): Promise<ConfigAnswer> {
    return this.#answer('cloud', rawQuery, async (template) => {
      const text = this.#render(template);
      checkCloudConfig(text, template.shown);
      return sniffed(text);
    });
  }

  async generic(rawQuery: string): Promise<ConfigAnswer> {
    return this.#answer('generic', rawQuery, async (template) => sniffed(this.#render(template)));
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

  /** @throws NoMatch, UnfitTemplate */
  async #answer(
    kind: TemplateKind,
    rawQuery: string,
    make: (template: AskedTemplate) => Promise<ConfigAnswer>,
  ): Promise<ConfigAnswer> {
    const { faults } = this.parts;
    const asked = await this.#groupOf(rawQuery);
    const profile = await this.#profileOf(asked);
    const of = { group: asked.group.id, profile: profile.id };
    const name = templateIn(profile, kind);
    if (name === '') throw new NoMatch(`profile ${of.profile} of group ${of.group} has no ${kind}_id`, of);
    const shown = `${kind}/${name}`;
    let text: Buffer | undefined;
    try {
      text = await this.#read(kind, name);
      const answer = await make({ ...asked, shown, text });
      faults.worked(shown);
      return answer;
    } catch (error) {
      if (!(error instanceof ImagoError)) throw error;
      const unfit = new UnfitTemplate(of, error);
      const was = fingerprint(asked.group, profile, text);
      faults.failed(shown, sentence(unfit), async () => (await this.#printNow(kind, asked.labels)) === was);
      throw unfit;
    }
  }

  /** @throws TemplateFault, InvalidRecord */
  async #read(kind: TemplateKind, name: string): Promise<Buffer> {
    const fault = (reason: string) => new TemplateFault({ template: `${kind}/${name}` }, reason);
    let text: Buffer | undefined;
    try {
      text = await this.parts.book.templates[kind].get(name);
    } catch (error) {
      throw errorCode(error) === undefined ? error : fault(fileReason(error));
    }
    if (!text) throw fault(`there is no such template: put it there, or name another in ${kind}_id`);
    return text;
  }

  /** Of what a machine with these labels would be given. */
  async #printNow(kind: TemplateKind, labels: Labels): Promise<string> {
    const { book } = this.parts;
    const group = await book.select(labels);
    const profile = group && (await book.profiles.get(group.profile));
    const name = profile ? templateIn(profile, kind) : '';
    const text = name === '' ? undefined : await book.templates[kind].get(name).catch(() => undefined);
    return fingerprint(group, profile, text);
  }

  #render({ shown, text, group, labels, rawQuery }: AskedTemplate): string {
    return this.#cache.get(shown, text).execute(variablesOf(group, labels, rawQuery));
  }
}

function templateIn({ ignitionId, cloudId, genericId }: Profile, kind: TemplateKind): string {
  return { ignition: ignitionId, cloud: cloudId, generic: genericId }[kind];
}

function fingerprint(
  group: Group | undefined,
  profile: Profile | undefined,
  text: Buffer | undefined,
): string {
  const hash = createHash('sha256').update(JSON.stringify([group, profile, text === undefined]));
  return hash.update(text ?? '').digest('hex');
}

/** Characters of an alarm. */
const LONGEST_SENTENCE = 1000;

function sentence({ message }: ImagoError): string {
  return shorten(cleanText(message.replace(/^matchbox: /, '').replaceAll(/\s+/g, ' ')), LONGEST_SENTENCE);
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
