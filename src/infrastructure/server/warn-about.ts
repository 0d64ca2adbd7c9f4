import type { Logger } from '../../application/ports/logger.js';
import type { Config } from '../config/config.js';

/** What can be meant so, and seldom is. */
export function warnAbout(config: Config, log: Logger): void {
  const { usesDefaultKey, unknownVariables, ignoredFields, production, agents, storeScheme } = config;
  if (usesDefaultKey) {
    log.warn(
      'ANYONE CAN USE THIS SERVICE: the internal key is the documented default; set AGENT_RUNTIME__INTERNAL_API_KEY',
    );
  }
  if (production && agents.modes.includes('mock'))
    log.warn('no model answers, the mock repeats what it is told; set AGENT_RUNTIME__LLM_MODE');
  if (production && storeScheme === 'memory')
    log.warn('sessions are gone when the process ends; set AGENT_RUNTIME__STORE_URL');
  if (unknownVariables.length > 0) log.warn('variables that nothing reads; are they misspelt?', { unknownVariables });
  if (ignoredFields.length > 0) log.warn('fields of the agents file that change nothing', { ignoredFields });
}
