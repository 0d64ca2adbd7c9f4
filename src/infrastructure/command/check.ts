import { visibleText } from '../../adapters/inbound/cli/visible-text.js';
import type { LlmGateway } from '../../application/ports/llm-gateway.js';
import type { Logger } from '../../application/ports/logger.js';
import { LlmError } from '../../domain/errors.js';
import { type Config, loadConfig } from '../config/config.js';
import { ConfigError } from '../config/config-error.js';
import { createContainer } from '../container/container.js';
import { llmProviders } from '../container/llm-providers.js';
import { storeKinds } from '../container/store-kinds.js';
import { tokens } from '../container/tokens.js';
import { WinstonLogger } from '../logging/winston-logger.js';

const STORE_MILLISECONDS = 10_000;
const MODEL_MILLISECONDS = 30_000;

/** Tries what the service would use, and says in words what is wrong. Resolves with the exit code. */
export async function check(): Promise<number> {
  const config = configOrProblems();
  if (config === undefined) return 1;
  tellSettings(config);
  // What goes wrong on the way is said here, in words for whoever asked.
  const log = WinstonLogger.create({ level: 'critical', format: 'readable', output: process.stderr });
  const results = await Promise.all([tryStore(config, log), ...tryModels(config, log)]);
  const isGood = results.every((result) => result);
  say(isGood ? 'Everything is in order.' : 'Something is wrong; see above.');
  return isGood ? 0 : 1;
}

function configOrProblems(): Config | undefined {
  try {
    return loadConfig({ providers: llmProviders, stores: storeKinds });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    say(error.message);
    return undefined;
  }
}

function tellSettings({ agents, unknownVariables, ignoredFields, usesDefaultKey }: Config): void {
  say('Settings: they can be used.');
  if (usesDefaultKey) say('  The internal key is the documented default: anyone can use the service.');
  if (unknownVariables.length > 0) say(`  Nothing reads ${unknownVariables.join(', ')}; misspelt?`);
  if (ignoredFields.length > 0) say(`  Fields of the agents file that change nothing: ${ignoredFields.join(', ')}.`);
  say(`Agents: ${agents.all.map(({ name, model }) => `${name} (${model})`).join(', ')}.`);
}

async function tryStore(config: Config, log: Logger): Promise<boolean> {
  const name = `Store ${config.storeScheme}`;
  try {
    const store = await createContainer(config, log).getAsync(tokens.store);
    try {
      await within(STORE_MILLISECONDS, store.ready());
    } finally {
      await store.close();
    }
    say(`${name}: it can be used.`);
    return true;
  } catch (error) {
    say(`${name}: it cannot be used. ${reasonOf(error)} See AGENT_RUNTIME__STORE_URL.`);
    return false;
  }
}

/** Every model that an agent may ask, once. */
function tryModels(config: Config, log: Logger): readonly Promise<boolean>[] {
  const gateway = createContainer(config, log).getAsync(tokens.gateway);
  const models = new Set(config.agents.all.flatMap(({ model, fallbacks }) => [model, ...fallbacks]));
  return [...models].map(async (model) => tryModel(await gateway, model));
}

async function tryModel(gateway: LlmGateway, model: string): Promise<boolean> {
  const prompt = [{ role: 'user', content: 'Answer with one word: yes' }] as const;
  try {
    const take = () => undefined;
    await gateway.complete({ model, prompt, options: {} }, AbortSignal.timeout(MODEL_MILLISECONDS), take);
    say(`Model ${model}: it answers.`);
    return true;
  } catch (error) {
    say(`Model ${model}: it does not answer. ${reasonOf(error)}`);
    return false;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'It took too long.';
  const causes = error instanceof LlmError ? [error.address, error.status, error.detail] : [causeOf(error)];
  const known = causes.filter((cause) => cause !== undefined && cause !== '');
  return known.length === 0 ? error.message : `${error.message} (${known.join(', ')})`;
}

function causeOf({ cause }: Error): string | undefined {
  return cause instanceof Error ? cause.message : undefined;
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const late = new Promise<never>((_resolve, reject) => {
    AbortSignal.timeout(milliseconds).addEventListener('abort', () => reject(new Error('It took too long.')));
  });
  await Promise.race([work, late]);
}

function say(text: string): void {
  process.stdout.write(`${visibleText(text)}\n`);
}
