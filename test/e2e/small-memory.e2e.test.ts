import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { aMessage } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';

const AT_ONCE = 4;
const CONTENT = 'x'.repeat(200_000);
/** Much of what there is would else go to young objects, and V8 would collect without a pause. */
const SMALL_HEAP = ['--max-old-space-size=64', '--max-semi-space-size=4'];

describe('a service with little memory', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-small-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const cases: readonly (readonly [how: string, settings: Readonly<Record<string, string>>, sessions: number])[] = [
    ['as much as is set', { SESSION_MEMORY_MB: '8' }, 50],
    ['where nothing is set, as much as its heap allows', {}, 150],
  ];
  for (const [how, settings, sessions] of cases) {
    it(`lives on when it is told more than it can hold: it keeps the latest sessions, ${how}`, async () => {
      const own = { MOCK_DELAY_MS: '0', ...settings };
      const service = await ServiceProcess.start(folder, own, { execArgv: SMALL_HEAP });
      try {
        expect(await tellEverything(service, sessions)).to.deep.equal(new Set([200]));
        const kept = await numbersOf(service);
        expect(kept.length).to.be.within(8, (sessions * 2) / 3);
        expect(kept.at(0)).to.equal(sessions - 1);
        expect(kept.at(-1)).to.be.at.least(sessions - kept.length - AT_ONCE);
        const history = await service.get(`/agent/sessions/number-${kept.at(-1)}/messages`);
        expect(history.json.messages).to.have.length(2);
        expect((await service.get('/agent/sessions/number-0')).status).to.equal(404);
      } finally {
        await service.kill();
      }
    }).timeout(120_000);
  }
});

/** Returns the statuses of all answers. */
async function tellEverything(service: ServiceProcess, sessions: number): Promise<Set<number>> {
  const statuses = new Set<number>();
  let next = 0;
  const tell = async (): Promise<void> => {
    while (next < sessions) {
      const message = aMessage({ session_id: `number-${next++}`, content: CONTENT });
      statuses.add((await service.post('/agent/message', message)).status);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, tell));
  return statuses;
}

/** The numbers of the sessions that are kept, the newest first. */
async function numbersOf(service: ServiceProcess): Promise<number[]> {
  const { text } = await service.get('/agent/sessions?limit=200');
  const page: { sessions: { session_id: string }[] } = JSON.parse(text);
  return page.sessions.map(({ session_id }) => Number(session_id.replace('number-', ''))).sort((a, b) => b - a);
}
