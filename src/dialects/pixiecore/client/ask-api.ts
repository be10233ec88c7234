import { jsonIn } from '../../../json.js';
import { limitedBytes } from '../../../net/limited-bytes.js';
import type { MacAddress } from '../../../net/mac-address.js';
import type { FetchClient } from '../../../images/fetch-client.js';
import { AnswerUnfit, ApiFailed } from './errors.js';

/** A script of iPXE may be long; what is longer than this is none. */
const LARGEST_ANSWER = 64 << 10;

export interface ApiCall {
  /** Without a slash at the end. */
  readonly api: string;
  readonly client: Pick<FetchClient, 'open'>;
  readonly timeoutMs: number;
}

/** Statuses of a server that may know the machine once it is well again. */
const isTrouble = (status: number) => status === 408 || status === 429 || status >= 500;

/**
 * What the API server says of the machine, as JSON; undefined where it does not know it: any answer but 200, unless the server is in
 * trouble. A machine must not be installed as a new host because its server restarts.
 * @throws ApiFailed, AnswerUnfit
 */
export async function askApi({ api, client, timeoutMs }: ApiCall, mac: MacAddress): Promise<unknown> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const { status, body } = await client.open(`${api}/v1/boot/${mac}`, {}, timeout, api);
    if (status !== 200) {
      body.destroy();
      if (isTrouble(status)) throw new ApiFailed(api, `it answers HTTP ${status}`);
      return undefined;
    }
    const bytes = await limitedBytes(body, LARGEST_ANSWER);
    if (!bytes) throw new AnswerUnfit(`it is longer than ${LARGEST_ANSWER} bytes`);
    const json = jsonIn(bytes.toString('utf8'));
    if (json === undefined) throw new AnswerUnfit('it is no JSON');
    return json;
  } catch (error) {
    if (error instanceof ApiFailed || error instanceof AnswerUnfit || !(error instanceof Error)) throw error;
    const reason = timeout.aborted ? `it has not answered within ${timeoutMs / 1000} s` : error.message;
    throw new ApiFailed(api, reason, { cause: error });
  }
}
