import type { Endpoint } from './endpoint.js';
import {
  ChangeLog,
  DiffQuery,
  HistoryQuery,
  HostDiff,
  LogQuery,
  Rollback,
  RollbackCommand,
  Timeline,
} from './past.js';

/** What was, and how to go back to it. */
export const pastEndpoints: readonly Endpoint[] = [
  {
    id: 'getTimeline',
    method: 'get',
    path: '/hosts/{serial}/timeline',
    summary: 'How long a machine was in each state of its life, oldest first.',
    query: HistoryQuery,
    status: 200,
    answer: Timeline,
    problems: [400, 404],
  },
  {
    id: 'getDiff',
    method: 'get',
    path: '/hosts/{serial}/diff',
    summary: 'What differs between two revisions of a host, or between one and now.',
    query: DiffQuery,
    status: 200,
    answer: HostDiff,
    problems: [400, 404],
  },
  {
    id: 'rollBack',
    method: 'post',
    path: '/hosts/{serial}/rollback',
    summary: 'Gives a host the settings of an earlier revision again, as a new commit.',
    body: RollbackCommand,
    status: 200,
    answer: Rollback,
    problems: [400, 404, 409, 412, 413, 423, 503, 507],
    isVersioned: true,
  },
  {
    id: 'getLog',
    method: 'get',
    path: '/log',
    summary: 'The changes to all machines, newest first.',
    query: LogQuery,
    status: 200,
    answer: ChangeLog,
    problems: [400],
  },
  {
    id: 'backUp',
    method: 'get',
    path: '/backup',
    summary:
      'The repository of the cluster at one moment, checked to be whole, as an archive that `imago --restore` takes.',
    status: 200,
    answerType: 'application/x-tar',
    problems: [409, 503],
  },
];
