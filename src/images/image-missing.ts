import { ImagoError } from '../errors.js';

export class ImageMissing extends ImagoError {
  readonly code = 'IMAGE_MISSING';

  constructor(version: string, file: string) {
    super(
      `version ${version} has no readable file ${file}: put it into the folder ${version} of paths.images`,
      { version, file },
    );
  }
}
