import { EtcdError } from './etcd-error.js';

export interface Member {
  readonly id: string;
  /** As in `infra0=http://10.75.0.10:2380`. */
  readonly value: string;
  readonly createdIndex: number;
  readonly modifiedIndex: number;
}

/** What etcd processes know of each other before they are a cluster: the registry of one discovery token. */
export interface Discovery {
  readonly token: string;
  /** How many members the cluster begins with. */
  readonly size: number;
  /** Counts changes. */
  readonly index: number;
  /** In the order of their arrival. */
  readonly members: readonly Member[];
}

export interface DiscoveryEvent {
  readonly action: 'create' | 'set' | 'delete';
  readonly member: Member;
  readonly previous?: Member | undefined;
}

export interface DiscoveryChange {
  readonly discovery: Discovery;
  readonly event: DiscoveryEvent;
}

/**
 * Processes that look at the same moment all see a free place. Those who come too late register too, see that they are beyond
 * the size, and become proxies: an error would end them instead.
 */
const LATECOMERS = 64;
/** Printable, and not hidden from etcd's listings. */
const MEMBER_ID = /^(?!_)[\x21-\x2e\x30-\x7e]{1,128}$/;
/** A name and some URLs. */
const LONGEST_VALUE = 1024;

export function newDiscovery(token: string, size: number): Discovery {
  return { token, size, index: 1, members: [] };
}

/** @throws EtcdError when the member is there already and must not be, cannot be one, or is one too many */
export function putMember(
  discovery: Discovery,
  id: string,
  value: string,
  mustBeNew: boolean,
): DiscoveryChange {
  const { members, index } = discovery;
  const previous = members.find((member) => member.id === id);
  if (previous && mustBeNew) throw new EtcdError(105, keyOf(discovery.token, id), index);
  if (!MEMBER_ID.test(id))
    throw new EtcdError(209, 'member: up to 128 printable characters, not beginning with _', index);
  if (Buffer.byteLength(value) > LONGEST_VALUE || /\p{Cc}/u.test(value))
    throw new EtcdError(209, `value: one line of up to ${LONGEST_VALUE} bytes`, index);
  if (!previous && members.length >= discovery.size + LATECOMERS) {
    const most = `${discovery.size} members and ${LATECOMERS} that came too late`;
    throw new EtcdError(
      103,
      `the cluster has ${most}: make it larger with _config/size, or another one`,
      index,
    );
  }
  const modifiedIndex = index + 1;
  const member = { id, value, createdIndex: previous?.createdIndex ?? modifiedIndex, modifiedIndex };
  return {
    discovery: {
      ...discovery,
      index: modifiedIndex,
      members: previous ? members.map((each) => (each.id === id ? member : each)) : [...members, member],
    },
    event: { action: previous ? 'set' : mustBeNew ? 'create' : 'set', member, previous },
  };
}

/** @throws EtcdError when there is no such member */
export function removeMember(discovery: Discovery, id: string): DiscoveryChange {
  const previous = memberOf(discovery, id);
  const member = { ...previous, value: '', modifiedIndex: discovery.index + 1 };
  return {
    discovery: {
      ...discovery,
      index: discovery.index + 1,
      members: discovery.members.filter((each) => each.id !== id),
    },
    event: { action: 'delete', member, previous },
  };
}

/** @throws EtcdError */
export function memberOf(discovery: Discovery, id: string): Member {
  const member = discovery.members.find((each) => each.id === id);
  if (!member) throw new EtcdError(100, keyOf(discovery.token, id), discovery.index);
  return member;
}

/** The key under which discovery.etcd.io keeps it: clients look at its last part. */
export function keyOf(token: string, ...rest: readonly string[]): string {
  return ['/_etcd/registry', token, ...rest].join('/');
}
