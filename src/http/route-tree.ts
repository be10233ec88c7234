import { decoded } from './request-target.js';

/** A method and a path, as src/api/endpoint.ts has them. */
export interface Route {
  readonly method: string;
  readonly path: string;
}

/** A route with the segments of its path. */
interface Placed<R> {
  readonly route: R;
  readonly places: readonly string[];
}

export interface FoundRoute<R> {
  readonly route: R;
  /** Decoded, each by itself; as it stands where it cannot be. */
  readonly params: Readonly<Record<string, string>>;
}

interface Node<R> {
  readonly next: Map<string, Node<R>>;
  /** After one segment, whatever it is. */
  any?: Node<R>;
  /** By method. */
  readonly here: Map<string, Placed<R>>;
  /** Of those that take one segment more, or several. */
  readonly rest: Map<string, Placed<R>>;
}

/**
 * Routes by path, compared segment by segment as they are written: case matters, and a slash at the end. A literal segment comes before a
 * parameter. HEAD is answered where GET is (RFC 9110 §9.3.2).
 */
export class RouteTree<R extends Route> {
  readonly #root: Node<R> = newNode();
  /** Those without a parameter, found in one look. */
  readonly #literal = new Map<string, Map<string, Placed<R>>>();

  constructor(routes: Iterable<R>) {
    for (const route of routes) {
      const path = withoutChoice(route);
      this.#add(route, path);
      if (path !== route.path) this.#add(route, `${path}/`);
    }
  }

  find(method: string, path: string): FoundRoute<R> | undefined {
    const asked = method === 'HEAD' ? 'GET' : method;
    const ofMethod = (routes: ReadonlyMap<string, Placed<R>> | undefined) =>
      routes?.get(asked) ?? routes?.get('ANY');
    const literal = ofMethod(this.#literal.get(path));
    if (literal) return { route: literal.route, params: {} };
    const segments = path.split('/');
    const found = firstOf(this.#root, segments, 0, ofMethod);
    return found && { route: found.route, params: paramsOf(found.places, segments) };
  }

  /** Of all methods; none where there is no such path. */
  routesAt(path: string): readonly R[] {
    const all: R[] = [];
    firstOf(this.#root, path.split('/'), 0, (routes) => {
      for (const { route } of routes.values()) all.push(route);
      return undefined;
    });
    return all;
  }

  #add(route: R, path: string): void {
    let node = this.#root;
    let routes = node.here;
    const places = path.split('/');
    for (const segment of places) {
      if (segment.startsWith('*')) routes = node.rest;
      else {
        if (segment.startsWith(':')) node = node.any ??= newNode();
        else node = node.next.get(segment) ?? newChild(node, segment);
        routes = node.here;
      }
    }
    routes.set(route.method, { route, places });
    if (!/[:*]/.test(path)) this.#literal.set(path, routes);
  }
}

/** What the first answers of those whose paths fit. */
function firstOf<R>(
  node: Node<R>,
  segments: readonly string[],
  at: number,
  ask: (routes: ReadonlyMap<string, Placed<R>>) => Placed<R> | undefined,
): Placed<R> | undefined {
  const segment = segments[at];
  if (segment === undefined) return ask(node.here);
  const literal = node.next.get(segment);
  const isLastEmpty = segment === '' && at === segments.length - 1;
  return (
    (literal && firstOf(literal, segments, at + 1, ask)) ??
    (node.any && segment !== '' ? firstOf(node.any, segments, at + 1, ask) : undefined) ??
    (isLastEmpty ? undefined : ask(node.rest))
  );
}

function paramsOf(places: readonly string[], segments: readonly string[]): Readonly<Record<string, string>> {
  const params: Record<string, string> = {};
  places.forEach((place, index) => {
    if (!place.startsWith(':')) return;
    const segment = segments[index] ?? '';
    params[place.slice(1)] = decoded(segment) ?? segment;
  });
  return params;
}

function withoutChoice({ path }: Route): string {
  return path.endsWith('{/}') ? path.slice(0, -3) : path;
}

function newChild<R>(node: Node<R>, segment: string): Node<R> {
  const child = newNode<R>();
  node.next.set(segment, child);
  return child;
}

function newNode<R>(): Node<R> {
  return { next: new Map(), here: new Map(), rest: new Map() };
}
