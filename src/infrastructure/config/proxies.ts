import { getProxyForUrl } from 'proxy-from-env';
import type { ProxyFor, Settings } from '../../adapters/outbound/llm/llm-provider.js';

const ADDRESSES = ['https_proxy', 'http_proxy', 'all_proxy'].flatMap((name) => [name, name.toUpperCase()]);
const EXCEPTIONS = ['no_proxy', 'NO_PROXY'];

/** The variables that speak of proxies, by the names that all programs give them. */
export function proxyVariables(variables: Settings): Settings {
  const addresses = ADDRESSES.flatMap((name) => entryOf(variables, name)).map(([name, url]) => [name, withScheme(url)]);
  return Object.freeze(Object.fromEntries([...addresses, ...EXCEPTIONS.flatMap((name) => entryOf(variables, name))]));
}

/** What is wrong with them; never their values, which may hold a password. */
export function proxyProblems(proxies: Settings): readonly string[] {
  const wrong = ADDRESSES.filter((name) => proxies[name] !== undefined && !isProxyUrl(proxies[name]));
  return wrong.map((name) => `${name}: must be the address of a proxy, like http://proxy.example:3128`);
}

/** Reads with these variables in the place of the process's own. */
type WithEnvironment = (variables: Settings, read: () => string) => string;

/** The proxy for a URL. What is on this machine is asked directly, whatever they say. */
export function proxyForOf(proxies: Settings, withEnvironment: WithEnvironment): ProxyFor {
  return (url) => {
    if (LOOPBACK.test(new URL(url).hostname)) return undefined;
    const proxy = withEnvironment(proxies, () => getProxyForUrl(url));
    return proxy === '' ? undefined : new URL(proxy);
  };
}

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\]|\[::ffff:7f\w\w:\w+\])\.?$/i;

function entryOf(variables: Settings, name: string): readonly (readonly [string, string])[] {
  const value = variables[name]?.trim();
  return value ? [[name, value]] : [];
}

/** As curl reads it. The library would take the scheme of the URL that is asked for. */
function withScheme(address: string): string {
  return address.includes('://') ? address : `http://${address}`;
}

function isProxyUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password, pathname, search, hash } = new URL(text);
  return pathname === '/' && search === '' && hash === '' && [username, password].every(isDecodable);
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}
