import { ImagoError, showValue } from '../errors.js';

/** What a request says of where it comes from; undefined for a header that is not there. */
export interface Provenance {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  readonly contentType: string | undefined;
  readonly hasBody: boolean;
  /** It came over TLS to imago itself. */
  readonly isTls: boolean;
  /** A cookie comes with it, and no token: a browser adds that by itself. */
  readonly isByCookie: boolean;
  /** It has the header that imago's own pages send, and no other page may. */
  readonly isByOwnPage: boolean;
}

/** A name that this server does not go by: of a page that had its own name resolve to this address (DNS rebinding). */
class HostNotOurs extends ImagoError {
  readonly code = 'HOST_NOT_OURS';

  constructor(host: string) {
    super(
      `this server is not known as ${showValue(host)}: use its address, or name it in listeners.admin.names`,
      { host },
    );
  }
}

/** A browser sends this for a page that is not imago's. */
class ForeignPage extends ImagoError {
  readonly code = 'FOREIGN_PAGE';

  constructor(origin: string) {
    super(
      `a page of another site (${showValue(origin)}) asks for this: only programs and imago's own pages may`,
      {
        origin,
      },
    );
  }
}

/** A body that a foreign page may send without asking. */
class WrongMediaType extends ImagoError {
  readonly code = 'WRONG_MEDIA_TYPE';

  constructor(type: string | undefined) {
    super(
      `a body of type ${type === undefined ? 'none' : showValue(type)} is not taken here: send Content-Type: application/json`,
      type === undefined ? {} : { type },
    );
  }
}

const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/;
const PROGRAMS_ONLY = /^(?:application\/json|application\/octet-stream)\s*(?:;|$)/i;

/**
 * Why operators' routes refuse a request that a foreign page can have a browser send (Fetch standard, "CORS-safelisted"); undefined for one
 * that a program or a page of ours sends.
 * @param names By which this server is known besides its addresses, in lower case. No name resolves to an address that is asked for as such.
 */
export function refusalOf(request: Provenance, names: ReadonlySet<string>): ImagoError | undefined {
  const { method, host, origin, fetchSite, fetchMode, contentType, hasBody, isTls } = request;
  const isReading = method === 'GET' || method === 'HEAD';
  if (host !== undefined && !isOurs(host, names)) return new HostNotOurs(host);
  if (origin !== undefined && !isOf(origin, host, isTls)) return new ForeignPage(origin);
  const isForeign = fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none';
  // A link from elsewhere may lead here: nothing changes by reading.
  if (isForeign && !(isReading && fetchMode === 'navigate')) return new ForeignPage(origin ?? fetchSite);
  // A cookie alone changes nothing, SameSite=Strict or not: a page of another port is of the same site.
  if (request.isByCookie && !request.isByOwnPage && !isReading) return new ForeignPage(origin ?? 'unknown');
  // Other methods need the leave of a preflight request, which nobody gets here.
  if (method === 'POST' && hasBody && !PROGRAMS_ONLY.test(contentType ?? ''))
    return new WrongMediaType(contentType);
  return undefined;
}

function isOurs(host: string, names: ReadonlySet<string>): boolean {
  const name = host.toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
  return ADDRESS.test(name) || names.has(name);
}

/** Whether the page is one of the server that is asked. Over plain HTTP anybody on the way can make one of its name. */
function isOf(origin: string, host: string | undefined, isTls: boolean): boolean {
  const page = /^(?<scheme>https?):\/\/(?<place>.*)$/.exec(origin.toLowerCase())?.groups;
  return page?.['place'] === host?.toLowerCase() && (page?.['scheme'] === 'https' || !isTls);
}
