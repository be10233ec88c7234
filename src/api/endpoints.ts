import type { z } from 'zod';
import { EventList, EventQuery } from './events.js';
import { ExplainQuery, Explanation } from './explanation.js';
import { HostQuery } from './host-query.js';
import {
  BootDeviceCommand,
  BootDeviceDone,
  Inventory,
  PowerCommand,
  PowerDone,
  PowerState,
} from './power.js';
import {
  FetchCommand,
  ImageFetch,
  ImageFile,
  ImageList,
  ImageVerdict,
  PieceQuery,
  PieceTaken,
  RemovalQuery,
  UploadCompletion,
} from './images.js';
import { Rendered, RenderedKind, RenderedQuery } from './rendered.js';
import {
  ApiHost,
  History,
  HostList,
  HostPatch,
  LeaseList,
  NewHost,
  ProfileList,
  StateCommand,
  Version,
} from './schemas.js';

/** One call of `/api/v1`, as its clients see it. */
export interface Endpoint {
  readonly id: string;
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** Below `/api/v1`; what is in braces is a parameter. */
  readonly path: string;
  readonly summary: string;
  readonly parameters?: Readonly<Record<string, z.ZodType>>;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  readonly status: 200 | 201 | 204;
  readonly answer?: z.ZodType;
  /** What it can be refused with, beside 500. */
  readonly problems: readonly number[];
  /** Whether `ETag` comes with the answer; what changes a host then takes `If-Match`. */
  readonly isVersioned?: boolean;
  /** Whether the answer can come as a stream of events as well. */
  readonly isStream?: boolean;
}

export const endpoints: readonly Endpoint[] = [
  {
    id: 'listHosts',
    method: 'get',
    path: '/hosts',
    summary: 'Hosts, by filter, in order, in pages.',
    query: HostQuery,
    status: 200,
    answer: HostList,
    problems: [400],
  },
  {
    id: 'addHost',
    method: 'post',
    path: '/hosts',
    summary: 'Makes a host of a machine before it ever boots.',
    body: NewHost,
    status: 201,
    answer: ApiHost,
    problems: [400, 409, 413, 503],
    isVersioned: true,
  },
  {
    id: 'getHost',
    method: 'get',
    path: '/hosts/{serial}',
    summary: 'One host.',
    status: 200,
    answer: ApiHost,
    problems: [404],
    isVersioned: true,
  },
  {
    id: 'patchHost',
    method: 'patch',
    path: '/hosts/{serial}',
    summary: 'Changes what is known of a host; one commit for each field that really changes.',
    body: HostPatch,
    status: 200,
    answer: ApiHost,
    problems: [400, 404, 412, 413, 503],
    isVersioned: true,
  },
  {
    id: 'retireHost',
    method: 'delete',
    path: '/hosts/{serial}',
    summary: 'Takes a host out of the fleet. Its history stays, its address is free again.',
    status: 204,
    problems: [404, 412, 503],
    isVersioned: true,
  },
  {
    id: 'setState',
    method: 'post',
    path: '/hosts/{serial}/state',
    summary:
      'Orders a state. `configured` has the machine installed again when it next boots from the network.',
    body: StateCommand,
    status: 200,
    answer: ApiHost,
    problems: [400, 404, 409, 412, 413, 503],
    isVersioned: true,
  },
  {
    id: 'getHistory',
    method: 'get',
    path: '/hosts/{serial}/history',
    summary: 'Every commit in the life of a machine, newest first.',
    status: 200,
    answer: History,
    problems: [404],
  },
  {
    id: 'getPower',
    method: 'get',
    path: '/hosts/{serial}/power',
    summary: 'Whether the machine is on, as its BMC says at this moment.',
    status: 200,
    answer: PowerState,
    problems: [404, 409, 501, 502, 504],
  },
  {
    id: 'setPower',
    method: 'post',
    path: '/hosts/{serial}/power',
    summary: 'Switches the machine on or off, cycles or resets it.',
    body: PowerCommand,
    status: 200,
    answer: PowerDone,
    problems: [400, 404, 409, 413, 501, 502, 504],
  },
  {
    id: 'setBootDevice',
    method: 'post',
    path: '/hosts/{serial}/boot-device',
    summary: 'What the machine boots from next, or from now on.',
    body: BootDeviceCommand,
    status: 200,
    answer: BootDeviceDone,
    problems: [400, 404, 409, 413, 501, 502, 504],
  },
  {
    id: 'getInventory',
    method: 'get',
    path: '/hosts/{serial}/inventory',
    summary: 'What the BMC knows of the machine.',
    status: 200,
    answer: Inventory,
    problems: [404, 409, 501, 502, 504],
  },
  {
    id: 'getRendered',
    method: 'get',
    path: '/hosts/{serial}/rendered/{what}',
    summary: 'What that machine would get now.',
    parameters: { what: RenderedKind },
    query: RenderedQuery,
    status: 200,
    answer: Rendered,
    problems: [400, 404, 503],
  },
  {
    id: 'explain',
    method: 'get',
    path: '/explain/{name}',
    summary: 'What a machine would get if it booted now, and which rule decides each step.',
    query: ExplainQuery,
    status: 200,
    answer: Explanation,
    problems: [400],
  },
  {
    id: 'listImages',
    method: 'get',
    path: '/images',
    summary: 'What images there are, who uses them, and what is being fetched.',
    status: 200,
    answer: ImageList,
    problems: [],
  },
  {
    id: 'fetchImage',
    method: 'post',
    path: '/images/{version}/fetch',
    summary: 'Begins to fetch a version, or one file of it; how it goes on is asked for at the same place.',
    body: FetchCommand,
    status: 201,
    answer: ImageFetch,
    problems: [400, 409, 413],
  },
  {
    id: 'getImageFetch',
    method: 'get',
    path: '/images/{version}/fetch',
    summary: 'How the last fetching of this version stands.',
    status: 200,
    answer: ImageFetch,
    problems: [404],
  },
  {
    id: 'cancelImageFetch',
    method: 'delete',
    path: '/images/{version}/fetch',
    summary: 'Breaks it off; what came is kept for the next time.',
    status: 204,
    problems: [404],
  },
  {
    id: 'verifyImage',
    method: 'post',
    path: '/images/{version}/verification',
    summary: 'Reads every byte of a version and compares it with its SHA256SUMS.',
    status: 200,
    answer: ImageVerdict,
    problems: [400, 404],
  },
  {
    id: 'removeImage',
    method: 'delete',
    path: '/images/{version}',
    summary: 'Removes a version; one that is used only by force.',
    query: RemovalQuery,
    status: 204,
    problems: [400, 404, 409],
  },
  {
    id: 'uploadImagePiece',
    method: 'post',
    path: '/images/{version}/uploads/{name}',
    summary: 'Adds a piece to a file that an operator brings: the body is its bytes, 8 MiB at most.',
    query: PieceQuery,
    status: 200,
    answer: PieceTaken,
    problems: [400, 409, 413],
  },
  {
    id: 'completeImageUpload',
    method: 'post',
    path: '/images/{version}/uploads/{name}/completion',
    summary: 'Makes the uploaded file one of the version, if it has that digest.',
    body: UploadCompletion,
    status: 201,
    answer: ImageFile,
    problems: [400, 409, 413, 422],
  },
  {
    id: 'listEvents',
    method: 'get',
    path: '/events',
    summary: 'What happened lately, oldest first; as a stream, what happens.',
    query: EventQuery,
    status: 200,
    answer: EventList,
    problems: [400, 503],
    isStream: true,
  },
  {
    id: 'listLeases',
    method: 'get',
    path: '/leases',
    summary: 'The addresses that DHCP has promised, or holds back.',
    status: 200,
    answer: LeaseList,
    problems: [],
  },
  {
    id: 'listProfiles',
    method: 'get',
    path: '/profiles',
    summary: 'The profiles in the order in which new machines are given them, and how full each is.',
    status: 200,
    answer: ProfileList,
    problems: [],
  },
  {
    id: 'reload',
    method: 'post',
    path: '/reload',
    summary: 'Takes up the configuration file anew, as a whole or not at all.',
    status: 204,
    problems: [409, 422],
  },
  {
    id: 'getVersion',
    method: 'get',
    path: '/version',
    summary: 'Of imago and its Node.js.',
    status: 200,
    answer: Version,
    problems: [],
  },
];
