import type { FetchClient } from './fetch-client.js';
import type { Digests } from './digests.js';

/** A detached signature that must hold. */
export interface PlannedSignature {
  readonly url: string;
  /** Files of the keys, one of which must have made it. */
  readonly keys: readonly string[];
}

export interface PlannedFile {
  /** In the folder of the version. */
  readonly name: string;
  readonly url: string;
  readonly size?: number | undefined;
  readonly digests: Digests;
  readonly signature?: PlannedSignature | undefined;
  /** The digests themselves stood in a text that this key has signed. */
  readonly digestsSignedBy?: string | undefined;
}

/** What makes up a version of an operating system, in the layout that machines boot from. */
export interface FetchPlan {
  /** The folder below paths.images. */
  readonly version: string;
  /** For the record: `flatcar`, `fedora-coreos`, `debian`, or an address. */
  readonly source: string;
  readonly files: readonly PlannedFile[];
}

export interface PlanningTools {
  readonly client: FetchClient;
  readonly signal?: AbortSignal | undefined;
}

/** How one operating system is published. @throws FetchFailed, SignatureBad */
export type Source = (version: string, tools: PlanningTools) => Promise<FetchPlan>;
