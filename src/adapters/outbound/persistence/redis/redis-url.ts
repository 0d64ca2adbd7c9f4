/** Whether an address says where the server is, and holds nothing that would be ignored. */
export function isRedisUrl(address: string): boolean {
  const url = URL.parse(address);
  if (url === null || !['redis:', 'rediss:'].includes(url.protocol)) return false;
  return url.hostname !== '' && url.search === '' && url.hash === '' && /^\/?\d{0,4}$/.test(url.pathname);
}
