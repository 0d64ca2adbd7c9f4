/** The package brings no types of its own. */
declare module 'proxy-from-env' {
  /** The address of the proxy for `url`; '' where there is none. */
  export function getProxyForUrl(url: string): string;
}
