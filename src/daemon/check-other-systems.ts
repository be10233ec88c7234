import type { Fault } from '../config/fault.js';
import type { Config } from '../config/schema.js';

/** Faults of the data of systems that imago takes the place of: whole folders are read. Loaded where they are set up, as those systems are. */
export async function checkOtherSystems(config: Config): Promise<readonly Fault[]> {
  return [...(await ofBootcfg(config)), ...(await ofMatchbox(config))];
}

async function ofBootcfg({ bootcfg }: Config): Promise<readonly Fault[]> {
  if (bootcfg.data === undefined) return [];
  const { checkDataFolder } = await import('../dialects/bootcfg/folder/check-data-folder.js');
  return checkDataFolder(bootcfg.data);
}

async function ofMatchbox({ matchbox }: Config): Promise<readonly Fault[]> {
  if (matchbox.data === undefined) return [];
  const { servedFaults } = await import('./take-over-matchbox.js');
  return (await servedFaults(matchbox.data)).map((message) => ({ path: ['matchbox', 'data'], message }));
}
