/** Whether every % in an address begins a character in the way of RFC 3986. Drivers throw at one that does not. */
export function isDecodable(address: string): boolean {
  try {
    return decodeURIComponent(address) !== undefined;
  } catch {
    return false;
  }
}

export const UNDECODABLE = 'has a % that begins no character; a % itself is written %25';
