import { randomUUID } from 'node:crypto';
import { contentOf } from './ask.js';
import type { Size } from './figure.js';
import { cpu, read } from './load.js';
import type { Subject } from './subject.js';

const MEBIBYTE = 1024 * 1024;

/** A message and its answer stay in the session: the next message sends them all again. Milliseconds per MiB that is
 *  sent. */
export async function grow(subject: Subject, { turns }: Size): Promise<number> {
  const sessionId = randomUUID();
  const padding = 'x'.repeat(1000);
  const asked = { sessionId, scenario: { tokens: 20, every: 0 }, padding };
  const history: { role: string; content: string }[] = [];
  const answer = { role: 'assistant', content: 'w0 '.repeat(20) };
  let sent = 0;
  const used = await cpu(subject, async () => {
    for (let turn = 0; turn < turns; turn += 1) {
      history.push({ role: 'user', content: contentOf(asked) });
      sent += turn * (padding.length + answer.content.length + 100);
      await read(subject, subject.keepsNothing ? { ...asked, messages: history } : asked);
      history.push(answer);
    }
  });
  return used / (sent / MEBIBYTE);
}
