import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { McpTestServer } from '../support/mcp-test-server.js';
import { until } from '../support/until.js';
import { ChatServer, NO_MESSAGE, shown, textIn } from './chat-server.js';
import { PLAIN_CHATS } from './plain-chats.js';

const tool = (name: string, fields: object = {}) => {
  return { type: 'function', function: { name, parameters: { type: 'object' } }, ...fields };
};
const BODY = { tools: [tool('weather'), tool('delete_all', { approval: 'always' })] };
const PARIS = { city: 'Paris' };
const ASK = '/call weather {"city":"Paris"}\nWait.';
const ASK_LEAVE = '/call delete_all {"city":"Paris"}';

for (const major of Object.keys(PLAIN_CHATS)) {
  describe(`a chat of ${major} with tools`, () => {
    let server: ChatServer;
    let files: McpTestServer;

    before(async () => {
      const text = (said: string) => ({ content: [{ type: 'text' as const, text: said }] });
      files = await McpTestServer.start({ list: async () => text('a.txt'), erase: async () => text('gone') });
      const mcp_servers = { files: { url: files.url, approval: { erase: 'always' } } };
      const settings = { AGENTS_FILE: agentsFile({ default: { tools: ['files/*'] } }, { mcp_servers }) };
      server = await ChatServer.start(major, { settings });
    });
    after(async () => {
      await server.close();
      await files.close();
    });

    it('runs a tool in the page, and its answer goes on in the same message', async () => {
      const ran: unknown[] = [];
      const runs = (name: string, input: unknown) => {
        ran.push([name, input]);
        return { sky: 'clear' };
      };
      const chat = server.open({ body: BODY, runs });
      await chat.sendMessage({ text: ASK });
      await until(() => chat.status === 'ready' && textIn(chat.messages[1] ?? NO_MESSAGE).includes('clear'));
      expect(ran).to.deep.equal([['weather', PARIS]]);
      expect(chat.messages).to.have.length(2);
      expect(shown(chat.messages[1] ?? NO_MESSAGE)).to.deep.equal([
        'step-start',
        ['text', 'Wait. ', 'done'],
        ['tool-weather', 'output-available', PARIS, { sky: 'clear' }],
        'step-start',
        ['text', '{"sky":"clear"} ', 'done'],
      ]);
      const history = await server.history();
      expect(history.map(({ role, content }) => [role, content])).to.deep.equal([
        ['user', ASK],
        ['assistant', 'Wait. '],
        ['tool', '{"sky":"clear"}'],
        ['assistant', '{"sky":"clear"} '],
      ]);
      expect(chat.messages[1]?.id).to.equal(`msg_${history[1]?.run_id}`);
      await chat.sendMessage({ text: 'Thanks' });
      expect(textIn(chat.messages[3] ?? NO_MESSAGE)).to.equal('Thanks ');
    });

    it('tells the model that a tool failed', async () => {
      const chat = server.open({ body: BODY });
      await chat.sendMessage({ text: ASK });
      const call = chat.messages[1]?.parts.find(({ type }) => type === 'tool-weather');
      expect(call).to.include({ state: 'input-available' });
      await chat.addToolOutput({
        state: 'output-error',
        tool: 'weather',
        toolCallId: String(call?.toolCallId),
        errorText: 'No sky',
      });
      await until(() => chat.status === 'ready' && textIn(chat.messages[1] ?? NO_MESSAGE).includes('sky'));
      expect((await server.history())[2]).to.include({ role: 'tool', content: 'No sky', status: 'error' });
    });

    it('takes a message in place of what became of a call, which is skipped then', async () => {
      const chat = server.open({ body: BODY });
      await chat.sendMessage({ text: ASK });
      await chat.sendMessage({ text: 'Never mind' });
      expect(textIn(chat.messages[3] ?? NO_MESSAGE)).to.equal('Never mind ');
      expect((await server.history())[2]).to.include({ role: 'tool', status: 'skipped' });
    });

    it('asks again for a turn that took several runs, as a whole', async () => {
      const chat = server.open({ body: BODY, runs: () => 'sunny' });
      await chat.sendMessage({ text: ASK });
      await until(() => chat.status === 'ready' && textIn(chat.messages[1] ?? NO_MESSAGE).includes('sunny'));
      await chat.regenerate();
      await until(() => chat.status === 'ready' && textIn(chat.messages[1] ?? NO_MESSAGE).includes('sunny'));
      expect((await server.history()).map(({ role }) => role)).to.deep.equal([
        ...['user', 'assistant', 'tool', 'assistant'],
      ]);
      expect(chat.messages).to.have.length(2);
    });

    it('shows what a server was asked, and runs none of it itself', async () => {
      const ran: string[] = [];
      const chat = server.open({ runs: (name) => ran.push(name) });
      await chat.sendMessage({ text: '/call files/list {}' });
      expect(chat.status, chat.error?.message).to.equal('ready');
      expect(shown(chat.messages[1] ?? NO_MESSAGE)).to.deep.equal([
        'step-start',
        ['tool-files/list', 'output-available', {}, 'a.txt'],
        'step-start',
        ['text', 'a.txt ', 'done'],
      ]);
      expect(ran).to.deep.equal([]);
    });

    it('asks a person before a server may run a call, and shows what came of it', async () => {
      const chat = server.open();
      await chat.sendMessage({ text: '/call files/erase {"name":"a"}' });
      const call = chat.messages[1]?.parts.find(({ type }) => type === 'tool-files/erase');
      expect(call).to.deep.include({ state: 'approval-requested', input: { name: 'a' } });
      await chat.addToolApprovalResponse({ id: String(call?.toolCallId), approved: true });
      await until(() => chat.status === 'ready' && textIn(chat.messages[1] ?? NO_MESSAGE).includes('gone'));
      expect(shown(chat.messages[1] ?? NO_MESSAGE)).to.deep.equal([
        'step-start',
        ['tool-files/erase', 'output-available', { name: 'a' }, 'gone'],
        'step-start',
        ['text', 'gone ', 'done'],
      ]);
    });

    it('runs a call only when a person has allowed it', async () => {
      const ran: unknown[] = [];
      const runs = (name: string, input: unknown) => {
        ran.push([name, input]);
        return 'all gone';
      };
      const chat = server.open({ body: BODY, runs });
      await chat.sendMessage({ text: ASK_LEAVE });
      const call = chat.messages[1]?.parts.find(({ type }) => type === 'tool-delete_all');
      expect(call).to.deep.include({ state: 'approval-requested', input: PARIS });
      expect(ran).to.deep.equal([]);
      await chat.addToolApprovalResponse({ id: String(call?.toolCallId), approved: true });
      await until(() => chat.status === 'ready' && textIn(chat.messages[1] ?? NO_MESSAGE).includes('gone'));
      expect(ran).to.deep.equal([['delete_all', PARIS]]);
      expect(chat.messages).to.have.length(2);
      expect(chat.messages[1]?.parts.filter(({ type }) => type === 'tool-delete_all')).to.have.length(1);
    });

    it('shows that a person has refused a call, and the model is told why', async () => {
      const chat = server.open({ body: BODY });
      await chat.sendMessage({ text: ASK_LEAVE });
      const call = chat.messages[1]?.parts.find(({ type }) => type === 'tool-delete_all');
      await chat.addToolApprovalResponse({ id: String(call?.toolCallId), approved: false, reason: 'Too much' });
      await until(() => chat.status === 'ready' && textIn(chat.messages[1] ?? NO_MESSAGE).includes('Too much'));
      expect(chat.messages[1]?.parts[1]).to.include({ state: 'output-denied' });
      expect((await server.history())[2]).to.include({ role: 'tool', status: 'rejected' });
    });

    it('does not run a call whose arguments are no JSON', async () => {
      const ran: string[] = [];
      const chat = server.open({ body: BODY, runs: (name) => ran.push(name) });
      await chat.sendMessage({ text: '/call weather {"city":' });
      expect(ran).to.deep.equal([]);
      expect(chat.messages[1]?.parts[1]).to.include({ type: 'tool-weather', state: 'output-error' });
    });

    it('refuses an answer that tells nothing new of a call', async () => {
      const chat = server.open({ body: BODY });
      await chat.sendMessage({ text: 'Hello' });
      const { status, text } = await server.service.post('/ai/chat', { id: server.id, messages: chat.messages });
      expect([status, text]).to.deep.equal([422, 'messages.1 is an answer that tells nothing new of a call']);
    });
  });
}
