import { TemplateFault } from '../../src/template/template-fault.js';

/**
 * How many items a synchronous piece of work looks up, keeps and compares, in maps, sets and lists: what a text costs that it is given,
 * by no clock. A TemplateFault ends it.
 * @throws what else it throws
 */
export function countedSteps(work: () => void): number {
  let steps = 0;
  const restore = [
    ...(['get', 'has', 'set'] as const).map((name) => counting(Map.prototype, name, () => (steps += 1))),
    ...(['has', 'add'] as const).map((name) => counting(Set.prototype, name, () => (steps += 1))),
    counting(Array.prototype, 'push', (items) => (steps += Math.max(items.length, 1))),
    counting(Array.prototype, 'some', (_, list) => (steps += (list as unknown[]).length)),
    counting(Array.prototype, 'filter', (_, list) => (steps += (list as unknown[]).length)),
  ];
  try {
    work();
  } catch (error) {
    if (!(error instanceof TemplateFault)) throw error;
  } finally {
    for (const one of restore) one();
  }
  return steps;
}

function counting(
  prototype: object,
  name: string,
  count: (given: readonly unknown[], self: unknown) => void,
): () => void {
  const own = Reflect.get(prototype, name) as (...given: unknown[]) => unknown;
  const counted = function (this: unknown, ...given: unknown[]): unknown {
    count(given, this);
    return Reflect.apply(own, this, given);
  };
  Object.defineProperty(prototype, name, { value: counted, configurable: true, writable: true });
  return () => Object.defineProperty(prototype, name, { value: own, configurable: true, writable: true });
}
