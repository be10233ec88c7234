import { HistoryQuery } from './past.js';
import type { Endpoint } from './endpoint.js';
import { HostQuery } from './host-query.js';
import { ApiHost, History, HostList, HostPatch, NewHost, StateCommand } from './schemas.js';

/** What is asked of hosts, and ordered of them. */
export const hostEndpoints: readonly Endpoint[] = [
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
    problems: [400, 409, 413, 503, 507],
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
    problems: [400, 404, 412, 413, 503, 507],
    isVersioned: true,
  },
  {
    id: 'retireHost',
    method: 'delete',
    path: '/hosts/{serial}',
    summary: 'Takes a host out of the fleet. Its history stays, its address is free again.',
    status: 204,
    problems: [404, 412, 503, 507],
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
    problems: [400, 404, 409, 412, 413, 503, 507],
    isVersioned: true,
  },
  {
    id: 'getHistory',
    method: 'get',
    path: '/hosts/{serial}/history',
    summary: 'The commits in the life of a machine, newest first.',
    query: HistoryQuery,
    status: 200,
    answer: History,
    problems: [400, 404],
  },
];
