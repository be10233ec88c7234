import { ImagoError, showValue } from '../errors.js';

/** A file that nobody gets. The message is for the log; the client hears only that access is denied. */
export class FileRefused extends ImagoError {
  readonly code = 'TFTP_FILE_REFUSED';

  constructor(filename: string, reason: string) {
    super(`${showValue(filename)} is not served: ${reason}`, { filename: showValue(filename), reason });
  }
}

/** The file changed or vanished under a running transfer. */
export class FileCutShort extends ImagoError {
  readonly code = 'TFTP_FILE_CUT_SHORT';

  constructor(offset: number, wanted: number, got: number) {
    super(
      `only ${got} of ${wanted} bytes could be read at offset ${offset}: the file was changed during the transfer; ` +
        'replace boot files by renaming a complete one over them',
      { offset, wanted, got },
    );
  }
}

/** Where TFTP should listen cannot be had. */
export class TftpListenFailed extends ImagoError {
  readonly code = 'TFTP_LISTEN_FAILED';

  constructor(address: string, port: number, cause: Error) {
    super(
      `TFTP cannot listen on ${address}:${port} (${cause.message}): stop what holds the port, or set another address or port`,
      { address, port },
      { cause },
    );
  }
}
