import { hostname, userInfo } from 'node:os';
import { operatorName } from './connection.js';

/** Who runs this program. */
export function thisOperator(): string {
  return operatorName(process.env, hostname(), accountName);
}

/** The name of the account; containers run as numbers that have none. */
function accountName(): string | undefined {
  try {
    return userInfo().username;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) return undefined;
    throw error;
  }
}
