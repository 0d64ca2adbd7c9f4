/** What every answer says that does not know better: a cache on the way looks at the path and not at the key, and would
 *  give what one caller was told to another. */
export const NO_STORE = 'no-store';
