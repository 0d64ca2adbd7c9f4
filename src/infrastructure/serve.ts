import cluster from 'node:cluster';
import { type Config, loadConfig } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import { llmProviders } from './container/llm-providers.js';
import { storeKinds } from './container/store-kinds.js';

/** The whole life of the process. What serves is loaded only for settings that can be used, so that a wrong one is told
 *  at once, and only by a process that serves. */
export async function serve(): Promise<void> {
  openNoInspector();
  const config = configOrExit();
  if (cluster.isPrimary && config.workers > 1) await (await import('./workers/supervise.js')).supervise(config);
  else await (await import('./serve-here.js')).serveHere(config);
}

/** Where nobody listens to this signal, Node answers it by letting anybody on this machine into the process. */
function openNoInspector(): void {
  process.on('SIGUSR1', () => {});
}

function configOrExit(): Config {
  try {
    return loadConfig({ providers: llmProviders, stores: storeKinds });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
