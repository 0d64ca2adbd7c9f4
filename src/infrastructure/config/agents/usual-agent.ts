import type { OwnSettings } from '../own-settings.js';
import type { UsualAgent } from './load-agents.js';

/** The agent that the settings describe. Of settings that have problems there is none; nobody will ask. */
export function usualAgent(own: OwnSettings | undefined): UsualAgent {
  if (own === undefined) return { model: '', instructions: { text: '', role: 'none' } };
  const { LLM_MODE: mode, LLM_MODEL: name, SYSTEM_PROMPT: text, SYSTEM_ROLE: role } = own;
  return { model: `${mode}:${name}`, instructions: { text, role } };
}
