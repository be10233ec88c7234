import { join } from 'node:path';
import type { Config } from '../config/schema.js';
import { findFaults } from '../dialects/matchbox/find-faults.js';
import { surveyFolder, type FolderSurvey } from '../dialects/matchbox/folder/survey-folder.js';
import { openLanguages } from '../dialects/matchbox/open-languages.js';
import {
  cloudKind,
  genericKind,
  groupKind,
  ignitionKind,
  matchboxKinds,
  profileKind,
  type MatchboxCode,
} from '../dialects/matchbox/records/record-kinds.js';
import { counted, fileReason, ImagoError } from '../errors.js';
import type { RecordKind } from '../host/record-kind.js';
import { recordKey } from '../store/layout.js';
import { openHostStore } from '../store/open-host-store.js';

/** A data folder of matchbox that records cannot be made of as it is. */
class FaultyFolder extends ImagoError {
  readonly code = 'FAULTY_FOLDER';
}

interface Wanted {
  readonly kind: RecordKind<object, MatchboxCode>;
  readonly name: string;
  readonly record: object;
}

/** What is in a folder of matchbox, and what of it would not fit. */
interface Survey {
  readonly wanted: readonly Wanted[];
  /** Of what no record can be made. */
  readonly unfit: readonly string[];
  /** Of what machines would be answered with 404 for. */
  readonly faults: readonly string[];
  readonly passedOver: readonly string[];
}

/**
 * Lists what of a data folder of matchbox would not fit, each with its file and line.
 * @throws FaultyFolder with the list, where it is not empty
 */
export async function checkMatchbox(folder: string): Promise<string> {
  const survey = await surveyed(folder);
  const faults = [...survey.unfit, ...survey.faults];
  if (faults.length > 0)
    throw new FaultyFolder(`${folder}: ${counted(faults.length, 'fault')}\n${faults.join('\n')}`);
  return [`${folder} is sound: ${countsOf(survey)}`, ...notesOf(survey)].join('\n');
}

/** What of a data folder that is served machines would be answered with 404 for; of one that cannot be read, why. */
export async function servedFaults(folder: string): Promise<readonly string[]> {
  try {
    const found = await surveyFolder(folder);
    return [...found.unreadable, ...(await findFaults(found, await openLanguages(() => undefined)))];
  } catch (error) {
    return [`${folder}: ${fileReason(error)}`];
  }
}

/**
 * Makes records of a data folder of matchbox: all of it, or nothing where something in it cannot be read.
 * @param skipFaulty Leaves out what cannot be read.
 * @returns what was done, for people
 */
export async function takeOverMatchbox(
  folder: string,
  config: Pick<Config, 'paths' | 'cluster' | 'matchbox'>,
  { skipFaulty }: { readonly skipFaulty: boolean },
): Promise<string> {
  const survey = await surveyed(folder);
  if (survey.unfit.length > 0 && !skipFaulty) {
    throw new FaultyFolder(
      `${folder}: no records can be made of ${counted(survey.unfit.length, 'file')}, and nothing was taken over: correct them, or leave them out with --skip-faulty\n${survey.unfit.join('\n')}`,
    );
  }
  const directory = join(config.paths.clusters, config.cluster);
  const commits = await recordAll(survey.wanted, directory);
  return [
    `${directory}: ${countsOf(survey)} of ${folder}, in ${counted(commits, 'commit')}`,
    ...survey.unfit.map((fault) => `left out: ${fault}`),
    ...survey.faults.map((fault) => `taken over, though machines get 404 for it: ${fault}`),
    ...notesOf(survey),
    ...(config.matchbox.records
      ? []
      : ['set matchbox.records: true (and leave out matchbox.data) to serve them']),
  ].join('\n');
}

async function recordAll(wanted: readonly Wanted[], directory: string): Promise<number> {
  const silent = () => undefined;
  const store = await openHostStore({
    directory,
    clock: () => new Date(),
    logger: { info: silent, warn: silent, error: silent },
    kinds: matchboxKinds,
  });
  try {
    const author = { name: 'imago', kind: 'imago' } as const;
    const revisions = await Promise.all(
      wanted.map(async ({ kind, name, record }) =>
        store.records(kind).change(name, () => ({ record, code: 'imported' }), author),
      ),
    );
    return revisions.filter((revision) => revision !== undefined).length;
  } finally {
    await store.close();
  }
}

/** @throws FaultyFolder where the folder is not there */
async function surveyed(folder: string): Promise<Survey> {
  const found = await surveyFolder(folder).catch((error: unknown) => {
    throw new FaultyFolder(`${folder}: ${fileReason(error)}`);
  });
  const wanted = entriesOf(found);
  const unfit = [...found.unreadable, ...wanted.flatMap((entry) => misfitOf(entry, found) ?? [])];
  const fit = wanted.filter((entry) => misfitOf(entry, found) === undefined);
  return {
    wanted: fit,
    unfit,
    faults: await findFaults(withOnly(fit, found), await openLanguages(() => undefined)),
    passedOver: found.passedOver,
  };
}

/** What of a folder records are made of: what is left out is told as such, and of the others whether they miss it. */
function withOnly(fit: readonly Wanted[], { groups, profiles, templates }: FolderSurvey) {
  const names = new Set(fit.map(({ kind, name }) => `${kind.name}/${name}`));
  const of = <T>(kind: string, entries: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map([...entries].filter(([name]) => names.has(`${kind}/${name}`)));
  return {
    groups: of('groups', groups),
    profiles: of('profiles', profiles),
    templates: {
      ignition: of('ignition', templates.ignition),
      cloud: of('cloud', templates.cloud),
      generic: of('generic', templates.generic),
    },
  };
}

function entriesOf({ groups, profiles, templates }: FolderSurvey): readonly Wanted[] {
  const of = (kind: unknown, entries: ReadonlyMap<string, object>) =>
    Array.from(entries, ([name, record]) => ({ kind: kind as Wanted['kind'], name, record }));
  return [
    ...of(ignitionKind, templates.ignition),
    ...of(cloudKind, templates.cloud),
    ...of(genericKind, templates.generic),
    ...of(profileKind, profiles),
    ...of(groupKind, groups),
  ];
}

/** Why it can be no record, though matchbox serves it. */
function misfitOf({ kind, name }: Wanted, { misfits }: FolderSurvey): string | undefined {
  const path = `${kind.name}/${name}${kind.isRaw ? '' : '.json'}`;
  try {
    recordKey(kind.name, name);
    return misfits.get(path);
  } catch (error) {
    if (error instanceof ImagoError) return `${path}: ${error.message}`;
    throw error;
  }
}

function countsOf({ wanted }: Survey): string {
  const count = (...kinds: readonly string[]) =>
    wanted.filter(({ kind }) => kinds.includes(kind.name)).length;
  const templates = count(ignitionKind.name, cloudKind.name, genericKind.name);
  return `${counted(count(groupKind.name), 'group')}, ${counted(count(profileKind.name), 'profile')}, ${counted(templates, 'template')}`;
}

function notesOf({ passedOver }: Survey): readonly string[] {
  return passedOver.length === 0
    ? []
    : [`not read, as matchbox does not: ${passedOver.slice(0, 20).join(', ')}`];
}
