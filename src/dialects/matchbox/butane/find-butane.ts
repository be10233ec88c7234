import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';

/** The file of the program `butane` in the folders of PATH; undefined where it is in none. */
export async function findButane(searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter).filter((one) => isAbsolute(one))) {
    const file = join(folder, 'butane');
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return file;
  }
  return undefined;
}
