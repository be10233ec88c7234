import { SERVER_ADDRESS, type ClientMachine } from './tftp-lab.js';

/** A real TFTP client: how to fetch a file with it. */
export interface ClientProgram {
  readonly name: string;
  fetch(machine: ClientMachine, filename: string, as: string): Promise<unknown>;
}

export const atftp: ClientProgram = {
  name: 'atftp',
  fetch: (machine, filename, as) => machine.run('atftp', ['-g', '-r', filename, '-l', as, SERVER_ADDRESS]),
};

export const atftpWindowed: ClientProgram = {
  name: 'atftp, blksize 1428, windowsize 16',
  fetch: (machine, filename, as) =>
    machine.run('atftp', [
      '--option',
      'blksize 1428',
      '--option',
      'windowsize 16',
      '-g',
      '-r',
      filename,
      '-l',
      as,
      SERVER_ADDRESS,
    ]),
};

export const tftpHpa: ClientProgram = {
  name: 'tftp-hpa, binary',
  fetch: (machine, filename, as) =>
    machine.run('tftp', ['-m', 'binary', SERVER_ADDRESS, '-c', 'get', filename, as]),
};

export const tftpHpaText: ClientProgram = {
  name: 'tftp-hpa, netascii',
  fetch: (machine, filename, as) =>
    machine.run('tftp', ['-m', 'netascii', SERVER_ADDRESS, '-c', 'get', filename, as]),
};

export const curl: ClientProgram = {
  name: 'curl',
  fetch: (machine, filename, as) =>
    machine.run('curl', ['-sSf', '-o', as, `tftp://${SERVER_ADDRESS}/${filename}`]),
};

export const curlEthernet: ClientProgram = {
  name: 'curl, blksize 1468',
  fetch: (machine, filename, as) =>
    machine.run('curl', [
      '-sSf',
      '--max-time',
      '8',
      '--tftp-blksize',
      '1468',
      '-o',
      as,
      `tftp://${SERVER_ADDRESS}/${filename}`,
    ]),
};

export const curlLargeBlocks: ClientProgram = {
  name: 'curl, blksize 8192',
  fetch: (machine, filename, as) =>
    machine.run('curl', ['-sSf', '--tftp-blksize', '8192', '-o', as, `tftp://${SERVER_ADDRESS}/${filename}`]),
};

export const curlWithoutOptions: ClientProgram = {
  name: 'curl without options',
  fetch: (machine, filename, as) =>
    machine.run('curl', ['-sSf', '--tftp-no-options', '-o', as, `tftp://${SERVER_ADDRESS}/${filename}`]),
};

export const busybox: ClientProgram = {
  name: 'busybox',
  fetch: (machine, filename, as) =>
    machine.run('busybox', ['tftp', '-g', '-r', filename, '-l', as, SERVER_ADDRESS]),
};

export const busyboxLargeBlocks: ClientProgram = {
  name: 'busybox, blksize 1468',
  fetch: (machine, filename, as) =>
    machine.run('busybox', ['tftp', '-b', '1468', '-g', '-r', filename, '-l', as, SERVER_ADDRESS]),
};

export const npmTftp: ClientProgram = {
  name: 'the npm package tftp',
  fetch: (machine, filename, as) =>
    machine.run(process.execPath, [
      new URL('tftp-package-get.js', import.meta.url).pathname,
      SERVER_ADDRESS,
      filename,
      as,
    ]),
};
