import type { Endpoint } from './endpoint.js';
import { EventList, EventQuery } from './events.js';
import { LeaseList, ProfileList, Version } from './schemas.js';

/** What is asked of the daemon as a whole. */
export const daemonEndpoints: readonly Endpoint[] = [
  {
    id: 'listEvents',
    method: 'get',
    path: '/events',
    summary: 'What happened lately, oldest first; as a stream, what happens.',
    query: EventQuery,
    status: 200,
    answer: EventList,
    problems: [400, 410, 503],
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
