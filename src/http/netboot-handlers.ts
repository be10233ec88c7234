import type { Handlers } from './call.js';

/** What is answered by whoever keeps images that machines are tied to. */
export type NetbootHandlers = Pick<
  Handlers,
  | 'listNetbootImages'
  | 'putNetbootImage'
  | 'removeNetbootImage'
  | 'listNetbootMachines'
  | 'tieNetbootMachine'
  | 'untieNetbootMachine'
>;
