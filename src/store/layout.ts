import { hash } from 'node:crypto';
import type { Serial } from '../host/serial.js';

/** The files of a cluster's folder, as they are named in its Git trees. */
export const CLUSTER_FILE = 'cluster.json';
export const HOSTS_FOLDER = 'hosts';
export const HOST_FILE = 'conf.json';

/** Two hex digits of the serial's SHA-1: real serials share prefixes, their hashes do not. */
export function shardOf(serial: Serial): string {
  return hash('sha1', serial).slice(0, 2);
}

export function hostFolder(serial: Serial): string {
  return `${HOSTS_FOLDER}/${shardOf(serial)}/${serial}`;
}

export function hostPath(serial: Serial): string {
  return hostPathIn(shardOf(serial), serial);
}

/** In whichever folder somebody put it. */
export function hostPathIn(shard: string, serial: string): string {
  return `${HOSTS_FOLDER}/${shard}/${serial}/${HOST_FILE}`;
}

const HOST_PATH = /^hosts\/[^/]+\/[^/]+\/conf\.json$/;

/** Whether a path in the work tree is where a host's file stands. */
export function isHostFile(path: string): boolean {
  return HOST_PATH.test(path);
}

/** Bytes: a thousand times what a host's file, or the cluster's, has. More is not even taken into memory. */
export const LARGEST_FILE = 1024 * 1024;
