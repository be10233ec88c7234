import { join } from 'node:path';
import { Counter } from 'prom-client';
import type { BootSource, SourcedPlan } from '../../../boot/boot-source.js';
import { ownKey } from '../../../files/own-key.js';
import type { OtherSystem } from '../../../http/dialect.js';
import type { HttpServices } from '../../../http/services.js';
import { FetchClient } from '../../../images/fetch-client.js';
import type { MacAddress } from '../../../net/mac-address.js';
import type { Outgoing } from '../../../net/outgoing.js';
import { Alarms } from '../../../provision/alarms.js';
import { templateContext } from '../../../template/context.js';
import { planOfAnswer } from './api-answer.js';
import { askApi } from './ask-api.js';
import { AskedMachines } from './asked-machines.js';
import { ApiFailed } from './errors.js';
import { ProxiedFiles } from './proxied-files.js';

export type PixiecoreApiParts = Pick<HttpServices, 'config' | 'logger' | 'clock' | 'reach' | 'metrics'> & {
  readonly outgoing: () => Outgoing;
};

const outcomes = ['answered', 'ignored', 'unfit', 'failed', 'busy'] as const;

/** Somebody's API server, asked as Pixiecore asks it, of machines that no earlier source knows. */
export async function openPixiecoreApi(parts: PixiecoreApiParts): Promise<OtherSystem> {
  const { config, logger, clock, metrics, outgoing } = parts;
  const files = new ProxiedFiles(await ownKey(join(config().paths.state, 'pixiecore', 'url-key')));
  const client = new FetchClient({
    get stallSeconds() {
      return config().pixiecore.timeoutSeconds;
    },
    tries: 1,
    outgoing: outgoing(),
  });
  const answers = new Counter({
    name: 'imago_pixiecore_api_requests_total',
    help: 'Machines that pixiecore.api was asked for, by what came of it.',
    labelNames: ['outcome'],
    registers: [metrics.registry],
  });
  for (const outcome of outcomes) answers.inc({ outcome }, 0);
  const alarms = new Alarms();
  const source = sourceOf(parts, client, files, (outcome, error) => {
    answers.inc({ outcome });
    if (error instanceof ApiFailed) {
      if (alarms.raise(error, clock(), FAILED)) logger.warn({}, error.message);
    } else if (outcome === 'answered' || outcome === 'ignored') {
      if (alarms.has(FAILED)) logger.info({}, 'pixiecore.api answers again');
      alarms.clear(FAILED);
    }
  });
  return {
    source,
    dialect: (services) => files.dialect(services),
    fileAt: (url) =>
      files.fileAt(url, config().pixiecore.api, templateContext({ config: config() }).urls.base),
    alarms: () => alarms.list(),
    close: () => client.close(),
  };
}

/** What an answer of the server comes to, worked out once for all who ask while it holds. */
type Outcome = { readonly found: SourcedPlan } | { readonly fault: unknown };

/** The one alarm that there is. */
const FAILED = 'failed';

type Tell = (outcome: (typeof outcomes)[number], error?: unknown) => void;

function sourceOf(
  { config, reach, clock }: PixiecoreApiParts,
  client: FetchClient,
  files: ProxiedFiles,
  tell: Tell,
): BootSource {
  const settings = () => config().pixiecore;
  const urls = () => templateContext({ config: config() }).urls;
  /** What an answer is worked out with. */
  const basis = () => [settings().api, urls().base, urls().bootIpxe].join(' ');
  let asked = basis();
  const machines = new AskedMachines<Outcome | undefined>({
    ask: async (mac) => {
      const { api = '', timeoutSeconds } = settings();
      try {
        const json = await askApi({ api, client, timeoutMs: timeoutSeconds * 1000 }, mac);
        tell(json === undefined ? 'ignored' : 'answered');
        return json === undefined ? undefined : outcomeOf(mac, api, json);
      } catch (error) {
        tell(error instanceof ApiFailed ? 'failed' : 'unfit', error);
        throw error;
      }
    },
    keepMs: () => settings().cacheSeconds * 1000,
    mostRequests: () => settings().requests,
    whenBusy: (mac) => {
      tell('busy');
      reach('pixiecore-requests', { mac });
    },
    now: () => clock().getTime(),
  });
  const outcomeOf = (mac: MacAddress, api: string, json: unknown): Outcome => {
    const { base, bootIpxe: retry } = urls();
    const proxied = (url: string) => files.urlOf(url, api, base);
    try {
      const plan = planOfAnswer(json, { api, retry, proxied });
      return { found: { plan, by: `GET /v1/boot/${mac}`, rule: `${api} answers for this network card` } };
    } catch (fault) {
      tell('unfit');
      return { fault };
    }
  };
  return {
    name: 'pixiecore-api',
    async find({ mac }) {
      const { api } = settings();
      if (api === undefined || mac === undefined) return undefined;
      const now = basis();
      if (now !== asked) machines.forget();
      asked = now;
      const outcome = await machines.answer(mac);
      if (outcome && 'fault' in outcome) throw outcome.fault;
      return outcome?.found;
    },
  };
}
