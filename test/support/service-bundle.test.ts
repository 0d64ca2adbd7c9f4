import { tmpdir } from 'node:os';
import { expect } from 'chai';
import { agentsFile } from './agents-file.js';
import { ServiceProcess } from './service-process.js';

describe('the service that tests start', () => {
  it('finds what lies beside its files: its page, its documents, and the words it counts with', async () => {
    const AGENTS_FILE = agentsFile({ default: { model: 'mock:fake-llm', context: { max_tokens: 500 } } });
    const service = await ServiceProcess.start(tmpdir(), { AGENTS_FILE, MOCK_DELAY_MS: '0' });
    try {
      for (const path of ['/chat/', '/chat/chat.js', '/docs', '/docs/swagger-ui.css'])
        expect((await service.get(path)).status, path).to.equal(200);
      const { runId } = await service.converse('Hello there');
      const { json } = await service.get(`/agent/runs/${runId}`);
      expect(json.context).to.include({ messages: 1, left_out: 0 }).and.to.have.property('tokens').above(5);
    } finally {
      await service.kill();
    }
  });
});
