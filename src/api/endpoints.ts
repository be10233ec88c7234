import { daemonEndpoints } from './daemon-endpoints.js';
import { hostEndpoints } from './host-endpoints.js';
import { imageEndpoints } from './image-endpoints.js';
import { pastEndpoints } from './past-endpoints.js';
import { powerEndpoints } from './power-endpoints.js';
import { previewEndpoints } from './preview-endpoints.js';
import type { Endpoint } from './endpoint.js';

/** Every call of `/api/v1`, in the order of the reference. */
export const endpoints: readonly Endpoint[] = [
  ...hostEndpoints,
  ...pastEndpoints,
  ...powerEndpoints,
  ...previewEndpoints,
  ...imageEndpoints,
  ...daemonEndpoints,
];
