import { showValue } from '../errors.js';
import type { FieldFault } from './ignition-rules.js';
import type { IgnitionConfig } from './ignition-schema.js';

type Disk = NonNullable<NonNullable<IgnitionConfig['storage']>['disks']>[number];
type Partition = NonNullable<Disk['partitions']>[number];

const GUID = /^(?:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12})?$/;

/** What Ignition asks of the partitions of one disk. @param path of the list */
export function partitionFaults(partitions: readonly Partition[], path: FieldFault['path']): FieldFault[] {
  return [
    ...partitions.flatMap((one, index) => ownFaults(one, [...path, index])),
    ...repeated(partitions, path),
    ...overlapping(partitions, path),
    ...mixed(partitions, path),
  ];
}

function ownFaults(partition: Partition, path: FieldFault['path']): FieldFault[] {
  const { guid, label, number, shouldExist, sizeMiB, startMiB, typeGuid } = partition;
  const faults: FieldFault[] = [];
  if (!number && typeof label !== 'string')
    faults.push({ path, reason: 'has no number and no label: write one' });
  const described = [label, sizeMiB, startMiB].some((value) => value !== undefined && value !== null);
  if (shouldExist === false && (described || guid || typeGuid)) {
    faults.push({
      path: [...path, 'shouldExist'],
      reason: 'is false, and the partition is described: leave all but its number out',
    });
  }
  for (const [key, value] of Object.entries({ guid, typeGuid })) {
    if (GUID.test(value ?? '')) continue;
    const reason = `${showValue(value)} is not a GUID, as in 0FC63DAF-8483-4772-8E79-3D69D8477DE4`;
    faults.push({ path: [...path, key], reason });
  }
  return faults;
}

function repeated(partitions: readonly Partition[], path: FieldFault['path']): FieldFault[] {
  const seen = new Set<string>();
  return partitions.flatMap((partition, index) =>
    (['number', 'label'] as const).flatMap((key) => {
      const value = partition[key];
      if (value === undefined || value === null || value === 0) return [];
      const isNew = !seen.has(`${key} ${value}`);
      seen.add(`${key} ${value}`);
      return isNew
        ? []
        : [{ path: [...path, index, key], reason: `${showValue(value)} is of another partition too` }];
    }),
  );
}

/** Of those whose start and size are told: a start of 0 is anywhere, a size of 0 all that is free. */
function overlapping(partitions: readonly Partition[], path: FieldFault['path']): FieldFault[] {
  const placed = partitions.flatMap(({ sizeMiB, startMiB }, index) =>
    startMiB && typeof sizeMiB === 'number'
      ? [{ index, start: startMiB, end: sizeMiB === 0 ? startMiB : startMiB + sizeMiB - 1 }]
      : [],
  );
  placed.sort((a, b) => a.start - b.start);
  let end = 0;
  return placed.flatMap((one) => {
    const overlaps = one.start <= end;
    end = Math.max(end, one.end);
    return overlaps ? [{ path: [...path, one.index], reason: 'begins within another partition' }] : [];
  });
}

function mixed(partitions: readonly Partition[], path: FieldFault['path']): FieldFault[] {
  const removed = partitions.findIndex(({ shouldExist }) => shouldExist === false);
  if (removed < 0 || partitions.every(({ number }) => number)) return [];
  return [
    {
      path: [...path, removed, 'shouldExist'],
      reason: 'cannot be false beside partitions without a number: number all of the disk',
    },
  ];
}
