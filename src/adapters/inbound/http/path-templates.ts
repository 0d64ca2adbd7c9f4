import type { Endpoint } from './endpoint.js';

/** The endpoints by their paths, those without parameters first: `/agent/sessions/import` is a session's path, too, and
 *  a method that the one does not have is for the other. */
export function byPath(endpoints: readonly Endpoint[]): readonly (readonly [string, readonly Endpoint[]])[] {
  const paths = [...Map.groupBy(endpoints, ({ path }) => path)];
  return paths.toSorted(([left], [right]) => Number(left.includes('{')) - Number(right.includes('{')));
}

/** Whether a later path answers to this one, too. */
export function isMetAgain(path: string, endpoints: readonly Endpoint[]): boolean {
  return !path.includes('{') && endpoints.some((endpoint) => endpoint.path !== path && meets(endpoint.path, path));
}

/** The methods that are possible at a path, as `Allow` tells them. */
export function allowedAt(path: string, endpoints: readonly Endpoint[]): string {
  const methods = endpoints.filter((endpoint) => meets(endpoint.path, path)).map(({ method }) => method);
  return methods.map((method) => (method === 'get' ? 'GET, HEAD' : method.toUpperCase())).join(', ');
}

function meets(template: string, path: string): boolean {
  const [parts, given] = [template.split('/'), path.split('/')];
  return parts.length === given.length && parts.every((part, index) => part.startsWith('{') || part === given[index]);
}
