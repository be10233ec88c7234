import type { Fault } from '../../../config/fault.js';
import { faultOf, filesOf } from './inspect.js';

/** Faults that are told; more are counted. */
const MOST_FAULTS = 100;

/** All that is wrong with the files of a data folder, with their lines. */
export async function checkDataFolder(root: string): Promise<readonly Fault[]> {
  const messages: string[] = [];
  for await (const found of filesOf(root)) {
    const trouble = 'trouble' in found ? found.trouble : await faultOf(root, found.segments);
    if (trouble) messages.push(trouble.message);
  }
  const more = messages.length - MOST_FAULTS;
  const told = [
    ...messages.slice(0, MOST_FAULTS),
    ...(more > 0 ? [`and ${more} more files are at fault`] : []),
  ];
  return told.map((message) => ({ path: ['bootcfg', 'data'], message }));
}
