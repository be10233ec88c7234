import { ImagoError } from '../errors.js';

/** The file did not come: the server, the network or the disk is in the way. */
export class FetchFailed extends ImagoError {
  readonly code = 'FETCH_FAILED';

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(
      `${shownUrl(url)} cannot be fetched (${reason}): check the address and the connection, then start again; what came is kept`,
      { url: shownUrl(url), reason },
      options,
    );
  }
}

/** The file came, but it is not the one that was promised. Nothing of it is kept. */
export class ImageCorrupt extends ImagoError {
  readonly code = 'IMAGE_CORRUPT';

  constructor(url: string, reason: string) {
    super(
      `${shownUrl(url)} is not what it should be (${reason}): nothing of it is kept; fetch it again, and if it stays so ask who serves it`,
      { url: shownUrl(url), reason },
    );
  }
}

export class SignatureBad extends ImagoError {
  readonly code = 'SIGNATURE_BAD';

  constructor(what: string, reason: string) {
    super(
      `the signature of ${shownUrl(what)} does not hold (${reason}): compare the configured keys with those that its makers publish`,
      { what: shownUrl(what), reason },
    );
  }
}

/** A signature could be checked if only there were a key. */
export class NoKeys extends ImagoError {
  readonly code = 'NO_KEYS';

  constructor(source: string, setting: string) {
    super(
      `no key is configured to check what ${source} signs: put the key that its makers publish into a file and name it in ${setting}, or set images.requireSignature to false`,
      { source, setting },
    );
  }
}

export class ImageExists extends ImagoError {
  readonly code = 'IMAGE_EXISTS';

  constructor(version: string, file?: string) {
    super(
      `${file === undefined ? `version ${version}` : `${file} of version ${version}`} is there already: remove it first, or ask to replace it`,
      { version, ...(file !== undefined && { file }) },
    );
  }
}

/** For messages and records: without what may be a password or a token. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, pathname } = new URL(url);
  return origin === 'null' ? url : `${origin}${pathname}`;
}

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
