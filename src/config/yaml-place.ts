import { isCollection, isMap, isNode, isScalar, type Document } from 'yaml';

/**
 * Where a field stands in the text of a YAML document: the key itself for an unknown one, the value for a wrong one, the nearest
 * thing around it for a missing one.
 */
export function offsetOf(document: Document.Parsed, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const step = String(path[length - 1]);
    const pair = isMap(parent) && parent.items.find(({ key }) => isScalar(key) && String(key.value) === step);
    const node = pair
      ? pair.key
      : isCollection(parent)
        ? document.getIn(path.slice(0, length), true)
        : undefined;
    if (isNode(node)) return node.range?.[0] ?? 0;
  }
  return 0;
}
