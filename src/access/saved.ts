import { errorCode, fileReason } from '../errors.js';
import { StoreUnavailable } from '../host/errors.js';

/** What is written down of who may command. @throws StoreUnavailable that says why it is not */
export async function saved(path: string, saving: Promise<void>): Promise<void> {
  try {
    await saving;
  } catch (error) {
    const isFull = ['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '');
    throw new StoreUnavailable(`${path}: ${fileReason(error)}`, isFull ? 'full' : 'unavailable', {
      cause: error,
    });
  }
}
