import { AiSdkWire } from './ai-sdk-wire.js';
import { CompletionsWire } from './completions-wire.js';
import type { DoorWire } from './door-wire.js';
import type { Door, SentMessage } from './history.js';
import { NativeWire } from './native-wire.js';
import { ResponsesWire } from './responses-wire.js';

const WIRES: Readonly<Record<Door, new (message: SentMessage) => DoorWire>> = {
  native: NativeWire,
  completions: CompletionsWire,
  responses: ResponsesWire,
  'ai-sdk': AiSdkWire,
};

export function wireOf(message: SentMessage): DoorWire {
  return new WIRES[message.door](message);
}
