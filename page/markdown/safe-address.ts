const SCHEMES: readonly string[] = ['http:', 'https:', 'mailto:'];

/** Where a link of a model's text may lead; undefined for what a click on it could run, and for places on this page's
 *  own server. */
export function safeAddress(address: string): string | undefined {
  const url = URL.parse?.(address) ?? parsed(address);
  return url !== null && SCHEMES.includes(url.protocol) ? url.href : undefined;
}

function parsed(address: string): URL | null {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
