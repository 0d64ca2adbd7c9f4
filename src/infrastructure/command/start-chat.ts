import { parseArgs } from 'node:util';
import { chat } from '../../adapters/inbound/cli/chat.js';
import { writtenSettings } from '../config/config.js';
import { DEFAULT_INTERNAL_KEY } from '../config/own-settings.js';

const OPTIONS = {
  url: { type: 'string' },
  key: { type: 'string' },
  session: { type: 'string' },
  agent: { type: 'string' },
  user: { type: 'string' },
} as const;

/** Resolves with the exit code. */
export function startChat(args: readonly string[], misunderstood: (what: string) => number): Promise<number> {
  const given = read(args);
  if (typeof given === 'string') return Promise.resolve(misunderstood(given));
  const usual = fromSettings();
  return chat({
    url: given.url ?? usual.url,
    key: given.key ?? usual.key,
    sessionId: given.session,
    agent: given.agent,
    userId: given.user,
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    onSignal: (act) => process.on('SIGINT', act),
  });
}

/** The one that these settings start. */
function fromSettings(): { readonly url: string; readonly key: string } {
  const { PORT = '8001', INTERNAL_API_KEY = DEFAULT_INTERNAL_KEY } = writtenSettings();
  const [key = ''] = INTERNAL_API_KEY.split(',');
  return { url: `http://localhost:${PORT.trim()}`, key: key.trim() };
}

/** What is wrong with them, where something is. */
function read(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
