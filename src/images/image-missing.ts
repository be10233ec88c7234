import { ImagoError } from '../errors.js';

export class ImageMissing extends ImagoError {
  readonly code = 'IMAGE_MISSING';

  /** @param file In the version; without it there is no such version at all. */
  constructor(version: string, file?: string) {
    super(
      file === undefined
        ? `there is no version ${version} in paths.images: imagoctl images list shows those there are`
        : `version ${version} has no readable file ${file}: put it into the folder ${version} of paths.images`,
      { version, ...(file !== undefined && { file }) },
    );
  }
}
