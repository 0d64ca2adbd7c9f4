// The official client, unchanged: npm install openai, then node openai.mjs, with the service running.
import OpenAI from 'openai';

const { AGENT_RUNTIME_URL: url = 'http://localhost:8001', AGENT_RUNTIME_KEY: apiKey = 'change-me-internal-key' } =
  process.env;
const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey });
const model = 'agent/default';

// Chat Completions. A model of the upstream can be named as well, such as gpt-4o.
const messages = [{ role: 'user', content: 'Hello brave new world' }];
const chunks = await openai.chat.completions.create({ model, messages, stream: true });
process.stdout.write('chat: ');
for await (const { choices } of chunks) process.stdout.write(choices[0]?.delta.content ?? '');

// With a session, the service keeps the history: only what is new has to be sent.
const headers = { 'X-Session-Id': `example-${Date.now()}` };
const inSession = { role: 'user', content: 'Only what is new' };
const answer = await openai.chat.completions.create({ model, messages: [inSession] }, { headers });
console.log(`\nsession: ${answer.choices[0]?.message.content}`);

// A response in the background goes on without its reader, who leaves here after the first word.
const { id } = await openai.responses.create({ model, input: 'This goes on without me', background: true });
let seen = 0;
process.stdout.write('response: ');
for await (const event of await openai.responses.retrieve(id, { stream: true })) {
  seen = event.sequence_number;
  if (event.type !== 'response.output_text.delta') continue;
  process.stdout.write(event.delta);
  break;
}

// Whoever comes back goes on behind the last event seen: nothing is lost, and nothing comes twice.
for await (const event of await openai.responses.retrieve(id, { stream: true, starting_after: seen }))
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta);

const next = await openai.responses.create({ model, input: 'And more', previous_response_id: id });
console.log(`\nnext: ${next.output_text}`);
