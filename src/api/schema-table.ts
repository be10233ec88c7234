import * as access from './access.js';
import * as boots from './boots.js';
import * as events from './events.js';
import * as explanation from './explanation.js';
import * as hostQuery from './host-query.js';
import * as images from './images.js';
import * as logins from './logins.js';
import * as netboot from './netboot.js';
import * as past from './past.js';
import * as pending from './pending.js';
import * as power from './power.js';
import * as refusals from './refusals.js';
import * as records from './records.js';
import * as hosts from './schemas.js';
import * as rendered from './rendered.js';
import * as secrets from './secrets.js';
import * as simulation from './simulation.js';

/** Every schema by the name that the endpoints call it by. */
export const schemas = {
  ...hosts,
  ...access,
  ...hostQuery,
  ...boots,
  ...events,
  ...explanation,
  ...images,
  ...logins,
  ...netboot,
  ...past,
  ...pending,
  ...power,
  ...records,
  ...refusals,
  ...rendered,
  ...secrets,
  ...simulation,
};
