import { createHash } from 'node:crypto';
import { access, constants, mkdir, rm } from 'node:fs/promises';
import PQueue from 'p-queue';
import { cleanText, errorCode, fileReason, ImagoError, shorten } from '../../../errors.js';
import type { ReachLimit } from '../../../limits.js';
import type { SignatureForm, Signer } from '../matchbox-dialect.js';
import { Remembered } from '../remembered.js';

/** There is no key to sign with, or nothing to sign with it. */
export class CannotSign extends ImagoError {
  readonly code = 'CANNOT_SIGN';

  constructor(reason: string) {
    super(`matchbox.keyRing: ${reason}`, { reason });
  }
}

interface SignerParts {
  /** Of private keys, binary or armored; the first one signs. */
  readonly keyRing: string;
  /** A folder of its own for gpg: what a daemon that was killed left there goes first. */
  readonly home: string;
  /** Of that key; '' where it has none. */
  readonly passphrase: string;
  readonly reach: ReachLimit;
}

export interface GpgSigner extends Signer {
  close(): Promise<void>;
}

const AT_ONCE = 2;
const MOST_WAITING = 100;
const MOST_WAITING_PER_CLIENT = 4;
const MOST_KEPT = 500;
const LONGEST_SECONDS = 20;
const MOST_OUTPUT_BYTES = 64 * 1024;

/** A path of a socket has 108 bytes (unix(7)), and `/S.gpg-agent.browser` comes after. */
const LONGEST_HOME = 84;

const options = { binary: ['--detach-sign'], armored: ['--armor', '--detach-sign'] } as const;

/**
 * Signs by the program gpg, in a home of its own: no other key ring of this machine is touched. A body that was signed is not
 * signed again.
 * @throws CannotSign
 */
export async function openGpgSigner({ keyRing, home, passphrase, reach }: SignerParts): Promise<GpgSigner> {
  await access(keyRing, constants.R_OK).catch((error: unknown) => {
    throw new CannotSign(
      `${keyRing} cannot be read: ${fileReason(error)}; write it with gpg --export-secret-keys, or name another`,
    );
  });
  if (Buffer.byteLength(home) > LONGEST_HOME)
    throw new CannotSign(
      `the socket of gpg-agent has no room below ${home}: give paths.state a path of ${LONGEST_HOME - 4} bytes at most`,
    );
  const gpg = (args: readonly string[], input?: Buffer) => runGpg(home, passphrase, args, input);
  const close = async (): Promise<void> => {
    await runProgram('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']).catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  };
  await close();
  await mkdir(home, { mode: 0o700, recursive: true });
  try {
    await gpg(['--import', keyRing]);
    const key = signingKey((await gpg(['--list-secret-keys', '--with-colons'])).toString('latin1'));
    if (key === undefined)
      throw new CannotSign(`${keyRing} holds no private key: export it with gpg --export-secret-keys`);
    await gpg(['--local-user', key, ...options.binary], Buffer.alloc(0)).catch((error: unknown) => {
      throw passphraseFault(error, keyRing, passphrase);
    });
    const queue = new PQueue({ concurrency: AT_ONCE });
    const kept = new Remembered<Buffer>(MOST_KEPT);
    const waiting = new Map<string, number>();
    const inTurn = async (body: Buffer, form: SignatureForm, client: string): Promise<Buffer> => {
      const ofClient = waiting.get(client) ?? 0;
      if (queue.size >= MOST_WAITING || ofClient >= MOST_WAITING_PER_CLIENT) {
        reach('matchbox-signatures', { client, ofClient });
        throw new CannotSign('too many other answers wait to be signed: ask again');
      }
      waiting.set(client, ofClient + 1);
      try {
        return await queue.add(async () => gpg(['--local-user', key, ...options[form]], body));
      } finally {
        const left = (waiting.get(client) ?? 1) - 1;
        if (left > 0) waiting.set(client, left);
        else waiting.delete(client);
      }
    };
    return {
      sign(body, form, client) {
        const name = `${form} ${createHash('sha256').update(body).digest('hex')}`;
        return kept.get(name, async () => inTurn(body, form, client));
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** What is wrong with the passphrase, where that is why nothing could be signed; else the error as it is. */
function passphraseFault(error: unknown, keyRing: string, passphrase: string): unknown {
  if (!(error instanceof CannotSign) || !/passphrase/i.test(error.message)) return error;
  return new CannotSign(
    passphrase === ''
      ? `the key in ${keyRing} has a passphrase: set the environment variable MATCHBOX_PASSPHRASE to it`
      : `the environment variable MATCHBOX_PASSPHRASE is not the passphrase of the key in ${keyRing}`,
  );
}

/** The fingerprint of the first, as `--with-colons` lists it (doc/DETAILS of GnuPG). */
function signingKey(listed: string): string | undefined {
  const lines = listed.split('\n').map((line) => line.split(':'));
  const first = lines.findIndex(([type]) => type === 'sec');
  return first < 0 ? undefined : lines.slice(first).find(([type]) => type === 'fpr')?.[9];
}

/** The passphrase goes by a descriptor of its own: it stands in no list of processes. */
async function runGpg(
  home: string,
  passphrase: string,
  args: readonly string[],
  input: Buffer | undefined,
): Promise<Buffer> {
  const own = [
    '--homedir',
    home,
    '--batch',
    '--no-tty',
    '--pinentry-mode',
    'loopback',
    '--passphrase-fd',
    '3',
  ];
  return runProgram('gpg', [...own, ...args], { input, passphrase });
}

async function runProgram(
  program: string,
  args: readonly string[],
  { input, passphrase }: { readonly input?: Buffer | undefined; readonly passphrase?: string } = {},
): Promise<Buffer> {
  const { execa } = await import('execa'); // not at the start: see docs/decisions/start.md
  const result = await execa(program, args, {
    env: { LC_ALL: 'C', PATH: process.env['PATH'] ?? '' },
    extendEnv: false,
    cwd: '/',
    stdio: [
      input ?? new Uint8Array(),
      'pipe',
      'pipe',
      ...(passphrase === undefined ? [] : [Buffer.from(`${passphrase}\n`)]),
    ],
    encoding: 'buffer',
    stripFinalNewline: false,
    reject: false,
    timeout: LONGEST_SECONDS * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_OUTPUT_BYTES,
  });
  if (!result.failed) return Buffer.from(result.stdout);
  if (result.exitCode === undefined) {
    const reason = result.timedOut
      ? `took longer than ${LONGEST_SECONDS} s`
      : (errorCode(result) ?? 'was ended');
    throw new CannotSign(`${program} ${reason}: install the package gnupg on this server if it is not there`);
  }
  const lines = new Set(Buffer.from(result.stderr).toString('utf8').trim().split('\n'));
  const said = cleanText([...lines].join(' | '));
  throw new CannotSign(`${program} says: ${shorten(said, 400)}`);
}
