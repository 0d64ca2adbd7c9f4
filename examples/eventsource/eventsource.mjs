// A run as an EventSource reads it: npm install eventsource, then node eventsource.mjs, with the service running.
import { EventSource } from 'eventsource';

const { AGENT_RUNTIME_URL: url = 'http://localhost:8001', AGENT_RUNTIME_KEY: key = 'change-me-internal-key' } =
  process.env;
const authorized = { Authorization: `Bearer ${key}` };

// The message begins the run, and goes on without this reader, who only wants to know its name.
const body = { session_id: `example-${Date.now()}`, type: 'user_message', content: 'Hello brave new world' };
const headers = { ...authorized, 'Content-Type': 'application/json' };
const begun = await fetch(`${url}/agent/message/stream`, { method: 'POST', headers, body: JSON.stringify(body) });
const run = begun.headers.get('X-Run-Id');
await begun.body.cancel();

// A browser's own EventSource needs a gateway that adds the key; this one can send it. It comes back by itself where it is cut.
const source = new EventSource(`${url}/agent/runs/${run}/stream`, {
  fetch: (input, init) => fetch(input, { ...init, headers: { ...init.headers, ...authorized } }),
});
source.onmessage = ({ data }) => {
  if (data === '[DONE]') return source.close();
  const { token, is_final } = JSON.parse(data);
  process.stdout.write(is_final ? '\n' : (token ?? ''));
};
