import { isUtf8 } from 'node:buffer';
import type { Author } from '../../../host/host-store.js';
import type { ValueOf } from '../../../grpc/message.js';
import { method, type Caller, type Method } from '../../../grpc/method.js';
import { CallRefused } from '../../../grpc/status.js';
import type { Group } from '../group.js';
import type { MatchboxBook, TemplateShelf } from '../matchbox-book.js';
import type { Profile } from '../profile.js';
import * as wire from './messages.js';

/**
 * The sixteen calls of matchbox's API. What finds no match is NOT_FOUND, in matchbox's words; all else that cannot be done is UNKNOWN.
 * Changes are signed with the name of the caller's certificate.
 */
export function matchboxMethods(book: MatchboxBook): readonly Method[] {
  return [
    ...groupMethods(book),
    ...profileMethods(book),
    ...templateMethods('Ignition', book.templates.ignition),
    ...templateMethods('Generic', book.templates.generic),
    ...selectMethods(book),
  ];
}

function groupMethods({ groups }: MatchboxBook): readonly Method[] {
  return [
    method('/rpcpb.Groups/GroupPut', wire.oneGroup, wire.nothing, async ({ group }, caller) => {
      await groups.put(groupOf(group ?? NO_GROUP), authorOf(caller));
      return {};
    }),
    method('/rpcpb.Groups/GroupGet', wire.byId, wire.oneGroup, async ({ id }) => ({
      group: groupOnWire(found(await groups.get(id), 'group', id)),
    })),
    method('/rpcpb.Groups/GroupDelete', wire.byId, wire.nothing, async ({ id }, caller) => {
      removed(await groups.delete(id, authorOf(caller)), 'group', id);
      return {};
    }),
    method('/rpcpb.Groups/GroupList', wire.nothing, wire.allGroups, async () => ({
      groups: (await groups.list()).map(groupOnWire),
    })),
  ];
}

function profileMethods({ profiles }: MatchboxBook): readonly Method[] {
  return [
    method('/rpcpb.Profiles/ProfilePut', wire.oneProfile, wire.nothing, async ({ profile }, caller) => {
      await profiles.put(profileOf(profile ?? NO_PROFILE), authorOf(caller));
      return {};
    }),
    method('/rpcpb.Profiles/ProfileGet', wire.byId, wire.oneProfile, async ({ id }) => ({
      profile: profileOnWire(found(await profiles.get(id), 'profile', id)),
    })),
    method('/rpcpb.Profiles/ProfileDelete', wire.byId, wire.nothing, async ({ id }, caller) => {
      removed(await profiles.delete(id, authorOf(caller)), 'profile', id);
      return {};
    }),
    method('/rpcpb.Profiles/ProfileList', wire.nothing, wire.allProfiles, async () => ({
      profiles: (await profiles.list()).map(profileOnWire),
    })),
  ];
}

function templateMethods(service: 'Ignition' | 'Generic', shelf: TemplateShelf): readonly Method[] {
  const what = `${service} template`;
  const path = `/rpcpb.${service}/${service}`;
  return [
    method(`${path}Put`, wire.namedConfig, wire.nothing, async ({ name, config }, caller) => {
      await shelf.put(name, config, authorOf(caller));
      return {};
    }),
    method(`${path}Get`, wire.byName, wire.config, async ({ name }) => ({
      config: found(await shelf.get(name), what, name),
    })),
    method(`${path}Delete`, wire.byName, wire.nothing, async ({ name }, caller) => {
      removed(await shelf.delete(name, authorOf(caller)), what, name);
      return {};
    }),
  ];
}

function selectMethods(book: MatchboxBook): readonly Method[] {
  const select = async (labels: ReadonlyMap<string, string>): Promise<Group> => {
    const group = await book.select(labels);
    if (!group) throw new CallRefused('NOT_FOUND', 'matchbox: No matching Group');
    return group;
  };
  return [
    method('/rpcpb.Select/SelectGroup', wire.byLabels, wire.oneGroup, async ({ labels }) => ({
      group: groupOnWire(await select(labels)),
    })),
    method('/rpcpb.Select/SelectProfile', wire.byLabels, wire.oneProfile, async ({ labels }) => {
      const { profile: id } = await select(labels);
      const profile = await book.profiles.get(id);
      if (!profile) throw new CallRefused('NOT_FOUND', 'matchbox: No matching Profile');
      return { profile: profileOnWire(profile) };
    }),
  ];
}

/** A message that is left out is one whose fields all are. */
const NO_GROUP = wire.group.decode(new Uint8Array());
const NO_PROFILE = wire.profile.decode(new Uint8Array());

function groupOf({ selector, metadata, ...rest }: ValueOf<typeof wire.group>): Group {
  return {
    ...rest,
    selector: Object.fromEntries(selector),
    ...(metadata.length > 0 && { metadata: jsonText(metadata) }),
  };
}

function jsonText(metadata: Uint8Array): string {
  if (!isUtf8(metadata)) throw new CallRefused('UNKNOWN', 'metadata: it is no UTF-8');
  return Buffer.from(metadata).toString('utf8');
}

function groupOnWire({ id, name, profile, selector, metadata = '' }: Group): ValueOf<typeof wire.group> {
  return {
    id,
    name,
    profile,
    selector: new Map(Object.entries(selector)),
    metadata: Buffer.from(metadata),
  };
}

function profileOf({ boot, ...rest }: ValueOf<typeof wire.profile>): Profile {
  return { ...rest, ...(boot && { boot }) };
}

function profileOnWire({ boot, ...rest }: Profile): ValueOf<typeof wire.profile> {
  return { ...rest, boot };
}

function found<T>(entry: T | undefined, what: string, name: string): T {
  if (entry === undefined) throw none(what, name);
  return entry;
}

function removed(wasThere: boolean, what: string, name: string): void {
  if (!wasThere) throw none(what, name);
}

function none(what: string, name: string): CallRefused {
  return new CallRefused('UNKNOWN', `there is no ${what} ${JSON.stringify(name)}`);
}

function authorOf({ name, address }: Caller): Author {
  return { kind: 'operator', name: name ?? address };
}
