import { createHash } from 'node:crypto';
import { PreconditionFailed } from '../host/host-version.js';
import { briefly } from '../host/host-store.js';
import { contentOf, type EarlierRecord, type RecordDecision, type RecordKind } from '../host/record-kind.js';
import { RollbackForbidden, UnknownRecord } from './errors.js';

/** Of which record an order is, and what must hold for it (RFC 9110 §13.1). */
export interface RecordOrder {
  readonly kind: RecordKind;
  readonly name: string;
  /** Any of these is the version that was meant, `*` whichever there is; undefined asks for nothing. */
  readonly versions?: readonly string[] | undefined;
  /** Only where there is none yet. */
  readonly isNew?: boolean;
}

/** Decides over the record as it is, or is not. */
type Decide = (current: object | undefined) => RecordDecision<object, 'put' | 'removed' | 'rolled-back'>;

/** The same for as long as the file of the record is the same; 22 characters of base64url. */
export function recordVersion(kind: RecordKind, record: object): string {
  return createHash('sha256').update(contentOf(kind, record)).digest('base64url').slice(0, 22);
}

/** @throws PreconditionFailed when it is decided */
export function putOrder(order: RecordOrder, record: object): Decide {
  return (current) => {
    requireAsMeant(order, current);
    return { record, code: 'put' };
  };
}

/** @throws PreconditionFailed, UnknownRecord when it is decided */
export function removalOrder(order: RecordOrder): Decide {
  return (current) => {
    if (!current) throw new UnknownRecord(order.kind.name, order.name);
    requireAsMeant(order, current);
    return { record: undefined, code: 'removed' };
  };
}

/** One that was removed is there again. @throws PreconditionFailed, RollbackForbidden when it is decided */
export function rollbackOrder(order: RecordOrder, { revision, record }: EarlierRecord): Decide {
  return (current) => {
    requireAsMeant(order, current);
    if (!record) {
      const key = `${order.kind.name}/${order.name}`;
      throw new RollbackForbidden(
        key,
        revision,
        'that commit removed it: choose an earlier one, or remove it',
      );
    }
    return { record, code: 'rolled-back', detail: briefly(revision) };
  };
}

function requireAsMeant({ kind, name, versions, isNew }: RecordOrder, current: object | undefined): void {
  const isMeant =
    versions === undefined ||
    (current !== undefined && (versions.includes('*') || versions.includes(recordVersion(kind, current))));
  if (!isMeant || (isNew && current)) throw new PreconditionFailed(`${kind.name}/${name}`);
}
