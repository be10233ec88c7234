import type { Endpoint, Role } from '../api/endpoint.js';
import { MethodNotAllowed, NotFound } from './http-errors.js';
import type { Audience } from './listeners.js';
import { RouteTree, type FoundRoute } from './route-tree.js';

/** The endpoints that one kind of listener lets in. */
export class Door<E extends Endpoint> {
  readonly #tree: RouteTree<E>;
  /** First segments of the operators' paths. */
  readonly #areas: ReadonlySet<string | undefined>;

  constructor(
    private readonly audience: Audience,
    endpoints: readonly E[],
  ) {
    this.#tree = new RouteTree(endpoints.filter((endpoint) => isAt(audience, endpoint)));
    this.#areas = new Set(
      endpoints.filter(({ role }) => role === 'operator').map(({ path }) => areaOf(path)),
    );
  }

  find(method: string, path: string): FoundRoute<E> | undefined {
    return this.#tree.find(method, path);
  }

  /** Whose call it is; of a path that no endpoint has, by where it is. */
  roleOf(path: string, endpoint: E | undefined): Role {
    if (this.audience === 'operators') return 'operator';
    if (this.audience === 'machines') return 'machine';
    const role = endpoint?.role ?? this.#tree.routesAt(path)[0]?.role;
    return role ?? (this.#areas.has(areaOf(path)) ? 'operator' : 'machine');
  }

  /** Whether only operators have something there, and this is not where they are answered. */
  isElsewhere(path: string): boolean {
    return this.audience === 'machines' && this.#areas.has(areaOf(path));
  }

  /** Why a call is not answered that has found no endpoint. */
  refusal(method: string, path: string): NotFound | MethodNotAllowed {
    const methods = this.#tree.routesAt(path).map((endpoint) => endpoint.method);
    if (methods.length === 0) return new NotFound(path);
    const allowed = methods.flatMap((each) => (each === 'GET' ? ['HEAD', each] : [each]));
    return new MethodNotAllowed(method, [...new Set(allowed)]);
  }
}

function isAt(audience: Audience, { role, isAtBothDoors }: Endpoint): boolean {
  return (
    audience === 'both' || isAtBothDoors === true || (role === 'operator') === (audience === 'operators')
  );
}

/** The first segment of a path. */
function areaOf(path: string): string | undefined {
  return path.split('/', 2)[1];
}
