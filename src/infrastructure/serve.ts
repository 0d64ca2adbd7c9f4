import { type Config, loadConfig } from './config/config.js';
import { ConfigError } from './config/config-error.js';
import { llmProviders } from './container/llm-providers.js';
import { storeKinds } from './container/store-kinds.js';

/** The whole life of the process. Everything that serves is loaded only for settings that can be used, so that a wrong
 *  one is told at once. */
export async function serve(): Promise<void> {
  openNoInspector();
  const config = configOrExit();
  const { serveWith } = await import('./serve-with.js');
  await serveWith(config);
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
