import { z } from 'zod';
import { versionedSoftware, type SoftwareVersions } from '../host/host.js';
import { State } from '../api/schemas.js';
import { tryParseMac } from '../net/mac-address.js';
import type { HardwareReport } from '../provision/plan-installation.js';
import type { BootReport } from '../provision/plan-report.js';
import { BadRequest } from './http-errors.js';

/** Go takes `null` for a zero value. */
const text = z.string().max(1024).nullish();

const hardwareReport = z.object({
  Serial: text,
  NetDevs: z
    .array(z.object({ Name: text, MacAddress: text }))
    .max(256)
    .nullish(),
  IPMIAddress: text,
  ConnectedNIC: text,
});

/** @throws BadRequest */
export function parseHardwareReport(body: string): { serial: string; report: HardwareReport } {
  const parsed = hardwareReport.safeParse(jsonOf(body));
  if (!parsed.success)
    throw new BadRequest('unable to parse json data of the machine: send {"Serial", "NetDevs", …}');
  const { Serial, NetDevs, IPMIAddress, ConnectedNIC } = parsed.data;
  const netDevs = (NetDevs ?? []).flatMap(({ Name, MacAddress }) => {
    const mac = tryParseMac(MacAddress ?? '');
    return mac === undefined || mac === '00:00:00:00:00:00' ? [] : [{ name: Name ?? '', mac }];
  });
  return {
    serial: Serial ?? '',
    report: {
      netDevs,
      ipmiAddress: IPMIAddress?.trim() || undefined,
      connectedNic: ConnectedNIC?.trim() || undefined,
    },
  };
}

/** The fields of Mayu's host that its requests set; each request is a partial host, what is left out has its zero value. */
const partialHost = z.object({
  ProviderId: text,
  IPMIAddr: text,
  EtcdClusterToken: text,
  State: z.unknown().optional(),
  Cabinet: z.int().min(0).max(1_000_000).nullish(),
  FleetMetadata: z.array(z.string().max(1024)).max(256).nullish(),
  Overrides: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullish(),
  CoreOSVersion: text,
  MayuVersion: text,
  DockerVersion: text,
  EtcdVersion: text,
  FleetVersion: text,
  RktVersion: text,
  K8sVersion: text,
  YochuVersion: text,
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

/** A machine that reports no version at all leaves them as they were; one that reports some reports all it has. */
export function bootReportOf(host: PartialMayuHost): BootReport {
  const versions: SoftwareVersions = Object.fromEntries(
    versionedSoftware.flatMap((software) => {
      const version = host[mayuVersionField[software]];
      return version ? [[software, version]] : [];
    }),
  );
  return {
    osVersion: host.CoreOSVersion || undefined,
    versions: Object.keys(versions).length > 0 ? versions : undefined,
  };
}

const mayuVersionField = {
  mayu: 'MayuVersion',
  docker: 'DockerVersion',
  etcd: 'EtcdVersion',
  fleet: 'FleetVersion',
  rkt: 'RktVersion',
  k8s: 'K8sVersion',
  yochu: 'YochuVersion',
} as const;

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
