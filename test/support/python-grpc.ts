import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import type { CertificateOnDisk } from './certificates.js';

type Value = string | { readonly hex: string } | Fields;
/** A message: the number of each field, and what is in it. */
export type Fields = readonly (readonly [number: number, value: Value])[];

export interface PythonCall {
  readonly path: string;
  readonly fields?: Fields;
}

export interface Outcome {
  /** As in `NOT_FOUND`. */
  readonly code: string;
  readonly details: string;
  /** The message of the call, and that of its answer, in hex. */
  readonly sent: string;
  readonly answer: string;
}

export interface PythonCaller {
  readonly address: string;
  readonly ca?: string;
  readonly as?: CertificateOnDisk;
  readonly atOnce?: number;
  /** What the client is run by, as in `ip netns exec client`. */
  readonly within?: readonly string[];
}

/** Debian's, whatever else is called so. */
const PYTHON = '/usr/bin/python3';
const CLIENT = resolve('test/clients/grpc-client.py');

/** Calls made by Debian's python3-grpcio, in their order. @throws Error where the client itself fails */
export function pythonCalls(
  { address, ca, as, atOnce = 1, within = [] }: PythonCaller,
  calls: readonly PythonCall[],
): Promise<readonly Outcome[]> {
  const [program, ...argv] = [
    ...within,
    PYTHON,
    CLIENT,
    address,
    ...(ca === undefined ? [] : ['--ca', ca]),
    ...(as === undefined ? [] : ['--certificate', as.certificate, '--key', as.key]),
    '--at-once',
    String(atOnce),
  ];
  return new Promise((done, failed) => {
    const child = execFile(program, argv, { maxBuffer: 2 ** 28 }, (error, stdout, stderr) => {
      if (error) failed(new Error(`${error.message}\n${stderr}`));
      else done(JSON.parse(stdout) as Outcome[]);
    });
    // One that ended early has said why.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(calls));
  });
}
