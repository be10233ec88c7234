import { z } from 'zod';
import { ImagoError } from '../errors.js';
import { jsonIn } from '../json.js';
import { Door, type DoorOptions } from './door.js';
import { UnexpectedAnswer } from './errors.js';
import { exchange, headerText, type Answer } from './exchange.js';
import { State } from './schemas.js';
import { OPERATOR_HEADER } from './endpoint.js';

/** A host as Mayu 0.11 writes it: what is left out has Go's zero value. */
export const MayuHost = z.object({
  Enabled: z.boolean().default(false),
  Serial: z.string().default(''),
  InternalAddr: z.string().optional(),
  IPMIAddr: z.string().optional(),
  ProviderId: z.string().default(''),
  MacAddresses: z.array(z.string()).nullish(),
  Cabinet: z.int().default(0),
  MachineOnCabinet: z.int().default(0),
  Hostname: z.string().default(''),
  MachineID: z.string().default(''),
  ConnectedNIC: z.string().default(''),
  Profile: z.string().default(''),
  FleetMetadata: z.array(z.string()).nullish(),
  FleetDisableEngine: z.boolean().default(false),
  EtcdClusterToken: z.string().default(''),
  State: State,
  LastBoot: z.string().default('0001-01-01T00:00:00Z'),
  CoreOSVersion: z.string().default(''),
  MayuVersion: z.string().default(''),
  DockerVersion: z.string().default(''),
  EtcdVersion: z.string().default(''),
  FleetVersion: z.string().default(''),
  RktVersion: z.string().default(''),
  K8sVersion: z.string().default(''),
  YochuVersion: z.string().default(''),
});
export type MayuHost = z.output<typeof MayuHost>;

/** What is sent: a partial host. */
export type MayuBody = Readonly<Record<string, unknown>>;

export type MayuRequest =
  | 'boot_complete'
  | 'set_metadata'
  | 'set_provider_id'
  | 'set_ipmi_addr'
  | 'set_cabinet'
  | 'set_state'
  | 'set_etcd_cluster_token'
  | 'override';

/** The server understood and refused, in Mayu's words. */
export class MayuRefusal extends ImagoError {
  readonly code = 'MAYU_REFUSAL';

  constructor({ status, text }: Answer, request: string) {
    super(`${request}: ${text.trim() || `invalid status code '${status}'`}`, { status, request });
  }
}

/** `/admin` as Mayu's own client calls it: every Mayu and every imago understands it. */
export class MayuClient {
  private readonly door: Door;

  constructor(
    door: DoorOptions,
    private readonly operator: string,
    private readonly timeoutMs = 10_000,
  ) {
    this.door = new Door(door);
  }

  async hosts(): Promise<MayuHost[]> {
    const url = `${this.door.baseUrl}/admin/hosts`;
    const answer = await exchange(url, { door: this.door, timeoutMs: this.timeoutMs });
    if (!answer.ok) throw new MayuRefusal(answer, 'list');
    const hosts = z.array(MayuHost).safeParse(jsonIn(answer.text));
    if (!hosts.success) throw new UnexpectedAnswer(url, 'no list of hosts');
    return hosts.data;
  }

  /** @throws MayuRefusal */
  async put(serial: string, request: MayuRequest, body: MayuBody): Promise<void> {
    const answer = await exchange(
      `${this.door.baseUrl}/admin/host/${encodeURIComponent(serial)}/${request}`,
      {
        door: this.door,
        timeoutMs: this.timeoutMs,
        method: 'PUT',
        headers: { 'content-type': 'application/json', [OPERATOR_HEADER]: headerText(this.operator) },
        body: JSON.stringify(body),
      },
    );
    if (!answer.ok) throw new MayuRefusal(answer, request);
  }
}
