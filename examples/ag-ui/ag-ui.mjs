// The official client, unchanged: npm install @ag-ui/client, then node ag-ui.mjs, with the service running.
import { HttpAgent } from '@ag-ui/client';

const { AGENT_RUNTIME_URL: url = 'http://localhost:8001', AGENT_RUNTIME_KEY: key = 'change-me-internal-key' } =
  process.env;
const agent = new HttpAgent({
  url: `${url}/ag-ui`,
  headers: { Authorization: `Bearer ${key}` },
  threadId: `example-${Date.now()}`,
});

// What comes is told as it comes.
const listener = {
  onTextMessageContentEvent: ({ event }) => void process.stdout.write(event.delta),
  onRunErrorEvent: ({ event }) => console.error(`${event.code}: ${event.message}`),
};
agent.addMessage({ id: crypto.randomUUID(), role: 'user', content: 'Hello brave new world' });
await agent.runAgent({}, listener);

// The model asks for a tool; the client runs it, and tells what came of it.
const weather = { name: 'weather', description: 'Tells the weather', parameters: { type: 'object' } };
agent.addMessage({ id: crypto.randomUUID(), role: 'user', content: '/call weather {"city":"Paris"}' });
await agent.runAgent({ tools: [weather] }, listener);
for (const call of agent.messages.at(-1)?.toolCalls ?? []) {
  console.log(`\n${call.function.name} ${call.function.arguments}`);
  agent.addMessage({ id: crypto.randomUUID(), role: 'tool', toolCallId: call.id, content: 'Sunny' });
}
await agent.runAgent({ tools: [weather] }, listener);
console.log();
