/** Whether each % of an address begins an escape of RFC 3986. The drivers throw at any other %. */
export function isDecodable(address: string): boolean {
  try {
    return decodeURIComponent(address) !== undefined;
  } catch {
    return false;
  }
}

export const UNDECODABLE = 'has a % that begins no character; a % itself is written %25';
