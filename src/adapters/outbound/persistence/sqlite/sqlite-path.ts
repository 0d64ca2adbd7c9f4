import { z } from 'zod';

/** The path that `sqlite:PATH` names, as it is written there. */
export const sqlitePath = z
  .string()
  .trim()
  .regex(/^sqlite:./is, 'must be sqlite: and the path of a file, such as sqlite:./data/agent-runtime.db')
  .transform((url) => url.slice('sqlite:'.length).trim())
  .refine((path) => !/[/\\]$/.test(path), 'names a folder; it must be the path of a file')
  .refine((path) => path !== ':memory:', 'names no file; memory: is the store that keeps nothing')
  // Some programs read three slashes as a relative path, and others as an absolute one.
  .refine((path) => !path.startsWith('//'), 'must have the path right behind the colon, such as sqlite:/var/lib/x.db');
