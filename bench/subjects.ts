import { askNatively } from './ask.js';
import { ended, forked, ownFile } from './forked.js';
import { type StoreName, serviceOn } from './service.js';
import type { NewSubject, Subject } from './subject.js';

/** By the names that --subjects takes. */
export const SUBJECTS: Readonly<Record<string, NewSubject>> = {
  raw: (url) => script('raw-relay.js', url, true),
  pipe: (url) => script('byte-pipe.js', url, false),
  memory: service('memory'),
  sqlite: service('sqlite'),
  redis: service('redis'),
  postgres: service('postgres'),
};

function service(store: StoreName): NewSubject {
  return (url, folder) => serviceOn(store, url, folder);
}

async function script(file: string, url: string, speaksFrames: boolean): Promise<Subject> {
  const { child, origin } = await forked(ownFile(file), [url]);
  const pid = child.pid ?? 0;
  const heap = async () => undefined;
  return { origin, pid, ask: askNatively, speaksFrames, keepsNothing: true, heap, stop: () => ended(child) };
}
