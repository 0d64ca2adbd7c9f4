import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { agentsFile } from '../support/agents-file.js';
import { CommandProcess } from '../support/command-process.js';
import { freePort } from '../support/free-port.js';
import { INTERNAL_KEY, RuntimeServer } from '../support/runtime-server.js';

const AGENTS = { default: { tools: ['read_file', 'write_file'] } };
const TOOLS = {
  tools: {
    read_file: { description: 'Reads a file' },
    write_file: { description: 'Writes a file', approval: 'always' },
  },
};

describe('the command', function () {
  this.timeout(60_000);
  const running: CommandProcess[] = [];
  let server: RuntimeServer | undefined;

  afterEach(async () => {
    for (const command of running.splice(0)) command.kill();
    await server?.close();
    server = undefined;
  });

  describe('chat', () => {
    it('streams answers of a conversation that is typed in', async () => {
      const chat = await aChat();
      await chat.says('> ');
      chat.type('Hello there');
      await chat.says('Hello there \n> ');
      chat.type('again');
      await chat.says('again \n> ');
      expect(await chat.end()).to.equal(0);
      expect(chat.errors).to.equal('');
    });

    it('shows what a terminal would obey, and does not send it there', async () => {
      const chat = await aChat();
      expect(await chat.end(['red \u001b[31m \u009b2J \u0007'])).to.equal(0);
      expect(chat.output).to.include('red ␛[31m \ufffd2J ␇ \n');
    });

    it('stops an answer at Ctrl-C, and leaves at the second', async () => {
      const chat = await aChat({ settings: { MOCK_DELAY_MS: '200' } }, ['--session', 'stopped']);
      chat.type('one two three four five six seven eight nine ten eleven twelve thirteen');
      await chat.says('one two ');
      chat.interrupt();
      await chat.says('(stopped)\n> ');
      const { messages } = JSON.parse((await server?.get('/agent/sessions/stopped/messages'))?.text ?? '');
      expect(messages[1]).to.include({ status: 'cancelled' });
      chat.interrupt();
      expect(await chat.exitCode()).to.equal(0);
    });

    it('leaves at Ctrl-C where there is no answer to stop', async () => {
      const chat = await aChat();
      await chat.says('> ');
      chat.interrupt();
      expect(await chat.exitCode()).to.equal(0);
    });

    it('begins, lists, regenerates and leaves, and sends what is no command', async () => {
      const chat = await aChat({}, ['--session', 'first', '--agent', 'default']);
      const lines = [
        '/regenerate',
        'Hello',
        '/regenerate',
        '/new',
        '/sessions',
        '/nothing of ours',
        '/quit',
        'never sent',
      ];
      expect(await chat.end(lines)).to.equal(0);
      expect(chat.output).to.include('Nothing was asked yet.').and.include('  first  Hello  (idle)');
      expect(chat.output).to.include('> /nothing of ours \n').and.not.include('never sent');
      const { sessions } = JSON.parse((await server?.get('/agent/sessions'))?.text ?? '');
      expect(sessions.map(({ message_count }: { message_count: number }) => message_count)).to.deep.equal([2, 2]);
    });

    it('asks whether a call is allowed, and for the result of one that is its own', async () => {
      const chat = await aChat({ settings: { AGENTS_FILE: agentsFile(AGENTS, TOOLS) } });
      chat.type('/call write_file {"path":"a"}');
      await chat.says('Allow write_file {"path":"a"}? [y/n] ');
      chat.type('perhaps');
      await chat.says('Allow write_file {"path":"a"}? [y/n] ');
      chat.type('y');
      await chat.says('Result of write_file {"path":"a"}: ');
      chat.type('written');
      await chat.says('written \n> ');
      chat.type('/call write_file {"path":"b"}');
      await chat.says('[y/n] ');
      chat.type('n');
      await chat.says('\n> ');
      chat.type('/call read_file {"path":"c"}');
      await chat.says('Result of read_file {"path":"c"}: ');
      chat.interrupt();
      await chat.says('(stopped)\n> ');
      expect(await chat.end(['/quit'])).to.equal(0);
    });

    it('stops at Ctrl-C what its service has not taken yet', async () => {
      const chat = await aChat({ settings: { RATE_LIMIT_PER_MINUTE: '1' } });
      chat.type('Hello');
      await chat.says('Hello \n> ');
      chat.type('once more');
      await chat.says('Reconnecting…');
      chat.interrupt();
      await chat.says('(stopped)\n> ');
    });

    it('says that the key is wrong, that nobody is there, or that there is no such agent, and ends with 1', async () => {
      server = await RuntimeServer.start();
      const nobody = `http://127.0.0.1:${await freePort()}`;
      for (const [args, words] of [
        [['--url', server.origin, '--key', 'wrong'], 'refuses this key'],
        [['--url', nobody], `No service answers at ${nobody}`],
        [
          ['--url', server.origin, '--key', INTERNAL_KEY, '--agent', 'nobody'],
          'There is no agent nobody. There are: default.',
        ],
        [['--url', 'no address'], 'Invalid URL'],
        [['--nonsense'], 'nonsense'],
      ] as const) {
        const chat = command(['chat', ...args]);
        expect(await chat.exitCode(), words).to.equal(1);
        expect(chat.errors).to.include(words);
      }
    });
  });

  describe('check', () => {
    it('ends with 0 where all is in order', async () => {
      const check = command(['check'], { INTERNAL_API_KEY: 'mine', MOCK_DELAY_MS: '0' });
      expect(await check.exitCode()).to.equal(0);
      expect(check.output).to.include('Store memory: it can be used.').and.include('Model mock:fake-llm: it answers.');
      expect(check.output).not.to.include('anyone can use');
    });

    it('names each wrong setting, and what is wrong with the file of agents, and ends with 1', async () => {
      const file = agentsFile({ default: { options: { temperature: 'hot' } } });
      const check = command(['check'], { PORT: 'many', LLM_MODE: 'magic', AGENTS_FILE: file });
      expect(await check.exitCode()).to.equal(1);
      for (const word of ['AGENT_RUNTIME__PORT', 'AGENT_RUNTIME__LLM_MODE']) expect(check.output).to.include(word);
      const alone = command(['check'], { AGENTS_FILE: file });
      expect(await alone.exitCode()).to.equal(1);
      expect(alone.output).to.include('temperature');
    });

    it('says that a store or a model is away, and ends with 1', async () => {
      const port = await freePort();
      const model = { LLM_MODE: 'vllm', LLM_MODEL: 'm', VLLM_BASE_URL: `http://127.0.0.1:${port}/v1` };
      const noModel = command(['check'], { ...model, UPSTREAM_RETRIES: '0' });
      const noStore = command(['check'], { STORE_URL: `redis://127.0.0.1:${port}` });
      expect(await noModel.exitCode()).to.equal(1);
      expect(noModel.output).to.include('Model vllm:m: it does not answer.').and.include(String(port));
      expect(await noStore.exitCode()).to.equal(1);
      expect(noStore.output)
        .to.include('Store redis: it cannot be used.')
        .and.include('Model mock:fake-llm: it answers.');
    });
  });

  it('serves when it is told nothing else, or just that', async () => {
    for (const args of [[], ['serve']]) {
      const service = command(args, { PORT: '0', HOST: '127.0.0.1', INTERNAL_API_KEY: INTERNAL_KEY });
      await service.says('listening');
      service.interrupt();
      expect(await service.exitCode()).to.equal(0);
    }
  });

  it('tells how it is used, which version it is, and what it does not understand', async () => {
    const help = command(['--help']);
    expect(await help.exitCode()).to.equal(0);
    for (const word of ['serve', 'chat', 'check', '--url', '--key', '--session', '--agent', '--user'])
      expect(help.output).to.include(word);
    const version = command(['--version']);
    expect(await version.exitCode()).to.equal(0);
    const root = new URL('../../../package.json', import.meta.url);
    expect(version.output.trim()).to.equal(JSON.parse(readFileSync(root, 'utf8')).version);
    for (const args of [['nonsense'], ['serve', 'twice'], ['--chat']]) {
      const unknown = command(args);
      expect(await unknown.exitCode()).to.equal(1);
      expect(unknown.errors).to.include(args.at(-1)).and.include('Usage:');
    }
  });

  async function aChat(options: Parameters<typeof RuntimeServer.start>[0] = {}, args: readonly string[] = []) {
    server = await RuntimeServer.start(options);
    return command(['chat', ...args, '--url', server.origin], { INTERNAL_API_KEY: INTERNAL_KEY });
  }

  function command(args: readonly string[], settings: Readonly<Record<string, string>> = {}): CommandProcess {
    const process = new CommandProcess(args, settings);
    running.push(process);
    return process;
  }
});
