import { z } from 'zod';
import { isIpAddress } from '../../host/mayu-host-json.js';
import { OverrideValue, State } from '../../api/schemas.js';
import { BadRequest } from '../../http/http-errors.js';
import { jsonOf } from '../../http/parse-request.js';

/** Go takes `null` for a zero value. */
const text = z.string().max(1024).nullish();

/** Mayu's clients take an IP address alone; 0.0.0.0 is what a BMC without one reports. */
const isUsable = (address: string): boolean => isIpAddress(address) && address !== '0.0.0.0';

/** The fields of Mayu's host that its requests set; each request is a partial host, what is left out has its zero value. */
const partialHost = z.object({
  ProviderId: text,
  IPMIAddr: text.refine((address) => !address || isUsable(address)),
  EtcdClusterToken: text,
  State: z.unknown().optional(),
  Cabinet: z.int().min(0).max(1_000_000).nullish(),
  FleetMetadata: z.array(z.string().max(1024)).max(256).nullish(),
  Overrides: z.record(z.string(), z.union([OverrideValue, z.number(), z.boolean()])).nullish(),
});
export type PartialMayuHost = z.output<typeof partialHost>;

/** @throws BadRequest in the words of Mayu, which its clients show. */
export function parsePartialHost(body: string, request: string): PartialMayuHost {
  const parsed = partialHost.safeParse(jsonOf(body));
  if (!parsed.success) throw new BadRequest(`unable to parse json data in ${request} request`);
  return parsed.data;
}

/** The state that `set_state` asks for. Other requests carry one too, which means nothing. @throws BadRequest */
export function wantedState(host: PartialMayuHost): State {
  const parsed = State.safeParse(host.State ?? 'unknown');
  if (!parsed.success) throw new BadRequest('unable to parse json data in set_state request');
  return parsed.data;
}
