import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Config, loadConfig } from '../../../../src/infrastructure/config/config.js';
import { ConfigError } from '../../../../src/infrastructure/config/config-error.js';
import { llmProviders } from '../../../../src/infrastructure/container/llm-providers.js';
import { storeKinds } from '../../../../src/infrastructure/container/store-kinds.js';

const WHOLE = `
agents:
  coder:
    description: Writes and changes code
    model: openai:llama3:8b
    fallbacks: [vllm:qwen3-coder, fake]
    instructions: "You are \${WHO}."
    instructions_role: developer
    options: { temperature: 0.2, max_tokens: 2000, top_p: 0.9, stop: ["END"], seed: 7, reasoning_effort: low, extra: { any: [1] } }
    context: { max_tokens: 60000 }
    tools: [read_file, "write_*", "files/*"]
    max_steps: 3
  quiet:
tools:
  read_file: { description: Reads a file, parameters: { type: object, properties: { path: { type: string } }, required: [path] } }
  write_file: { approval: always }
mcp_servers:
  files: { url: "http://localhost:3001/mcp", headers: { Authorization: "Bearer \${FILES_TOKEN}" }, approval: { "*": never, "delete_*": always } }
call_timeouts: { client_s: 1, approval_s: 2 }
`;
const VARIABLES = { WHO: `a \${PROGRAMMER}`, FILES_TOKEN: 'hunter2', AGENT_RUNTIME__OPENAI_API_KEY: 'sk-test' };

describe('the file of agents', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'agents-'));
    path = join(folder, 'agents.yaml');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function load(text: string | Uint8Array, variables: Readonly<Record<string, string>> = {}): Config {
    writeFileSync(path, text);
    const environment = { AGENT_RUNTIME__AGENTS_FILE: path, ...variables };
    return loadConfig({ providers: llmProviders, stores: storeKinds, dotenvPath: join(folder, '.env') }, environment);
  }

  function problems(text: string | Uint8Array, variables: Readonly<Record<string, string>> = {}): readonly string[] {
    try {
      load(text, variables);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
      throw error;
    }
    return [];
  }

  it('describes agents, with what is usual where it says nothing, and adds the default one', () => {
    const { agents } = load(WHOLE, VARIABLES);
    const usual = { text: 'You are a helpful assistant.', role: 'system' };
    const nothing = {
      description: undefined,
      fallbacks: [],
      options: {},
      contextTokens: undefined,
      tools: [],
      maxSteps: 25,
    };
    expect(agents.all).to.deep.equal([
      {
        name: 'coder',
        description: 'Writes and changes code',
        model: 'openai:llama3:8b',
        fallbacks: ['vllm:qwen3-coder', 'mock:fake'],
        instructions: { text: `You are a \${PROGRAMMER}.`, role: 'developer' },
        options: {
          temperature: 0.2,
          maxTokens: 2000,
          topP: 0.9,
          stop: ['END'],
          seed: 7,
          reasoningEffort: 'low',
          extra: { any: [1] },
        },
        contextTokens: 60_000,
        tools: ['read_file', 'write_*', 'files/*'],
        maxSteps: 3,
      },
      { ...nothing, name: 'quiet', model: 'mock:fake-llm', instructions: usual },
      { ...nothing, name: 'default', model: 'mock:fake-llm', instructions: usual },
    ]);
  });

  it('describes the tools that they may use', () => {
    expect(load(WHOLE, VARIABLES).toolbox).to.deep.equal({
      tools: [
        {
          name: 'read_file',
          description: 'Reads a file',
          parameters: { type: 'object', properties: { path: { type: 'string' } }, required: ['path'] },
          approval: 'never',
        },
        {
          name: 'write_file',
          description: undefined,
          parameters: { type: 'object', properties: {} },
          approval: 'always',
        },
      ],
      servers: [
        {
          name: 'files',
          url: 'http://localhost:3001/mcp',
          headers: { Authorization: 'Bearer hunter2' },
          approval: [
            { pattern: '*', approval: 'never' },
            { pattern: 'delete_*', approval: 'always' },
          ],
        },
      ],
      callTimeouts: { client: 1, approval: 2, server: 60 },
    });
  });

  it('may be JSON, with tabs, in UTF-16, and may have the default agent', () => {
    const json = JSON.stringify({ agents: { default: { model: 'vllm:qwen' } } }, undefined, '\t');
    for (const bytes of [Buffer.from(json), Buffer.from(`\ufeff${json}`, 'utf16le')]) {
      expect(load(bytes).agents.usual).to.include({ model: 'vllm:qwen' });
      expect(load(bytes).agents.all).to.have.lengthOf(1);
    }
  });

  it('takes variables from the dotenv file too, and does not call those misspelt that it names', () => {
    writeFileSync(join(folder, '.env'), 'AGENT_RUNTIME__OWN_WORDS=kind\n');
    const { agents, unknownVariables } = load(`agents: { a: { instructions: "Be \${AGENT_RUNTIME__OWN_WORDS}." } }`);
    expect(agents.find('a')?.instructions.text).to.equal('Be kind.');
    expect(unknownVariables).to.deep.equal([]);
  });

  it('requires the settings of the providers that its agents use, and of no others', () => {
    const file = 'agents: { default: { model: "vllm:qwen" } }';
    expect(problems(file, { AGENT_RUNTIME__LLM_MODE: 'openai' })).to.deep.equal([]);
    const missing =
      'needs AGENT_RUNTIME__OPENAI_API_KEY: is missing: set AGENT_RUNTIME__OPENAI_API_KEY to the key of your OpenAI account';
    expect(problems('agents: { a: { model: openai:gpt, fallbacks: [mock:x, openai:gpt] } }')).to.deep.equal([
      `agents.a.model: ${missing}, got "openai:gpt"`,
      `agents.a.fallbacks.1: ${missing}, got "openai:gpt"`,
    ]);
    expect(problems('agents: { a: {} }', { AGENT_RUNTIME__LLM_MODE: 'openai' })).to.deep.equal([
      'AGENT_RUNTIME__OPENAI_API_KEY: is missing: set AGENT_RUNTIME__OPENAI_API_KEY to the key of your OpenAI account',
    ]);
  });

  it('tells clients which settings a mode needs, and not what they hold', () => {
    const { modes } = load('agents: {}', { AGENT_RUNTIME__VLLM_BASE_URL: 'ftp://me:hunter2@inside' });
    expect(modes.unusable).to.deep.equal({
      openai: 'needs AGENT_RUNTIME__OPENAI_API_KEY',
      vllm: 'needs AGENT_RUNTIME__VLLM_BASE_URL',
    });
  });

  it('names what is written in extra and changes nothing', () => {
    const { ignoredFields } = load('agents: { a: { options: { extra: { model: x, top_k: 5, tools: [] } } } }');
    expect(ignoredFields).to.deep.equal(['agents.a.options.extra.model', 'agents.a.options.extra.tools']);
  });

  it('names every problem there is, its own and that of the settings', () => {
    const file = `
agents:
  coder: { modell: x, tools: [a, reed_file, "fils/*"], options: { temprature: 1, top_p: 2 } }
  other: { model: "opnai:gpt", max_steps: 0, instructions_role: "sys" }
tools: { read_file: { aproval: always }, a: {} }
mcp_servers: { files: { url: "ftp://me:hunter2@x", headers: { "X-Key": "hunter2\\n" } } }
`;
    expect(problems(file, { AGENT_RUNTIME__PORT: 'x' })).to.deep.equal([
      'AGENT_RUNTIME__PORT: must be a whole number from 0 to 65535, got "x"',
      'agents.coder.options.temprature: is no option; did you mean "temperature"?',
      'agents.coder.options.top_p: must be a number from 0 to 1, got 2',
      'agents.coder.tools.1: there is no tool "reed_file"; did you mean "read_file"?',
      'agents.coder.tools.2: there is no server "fils"; did you mean "files"?',
      'agents.coder.modell: is no field; did you mean "model"?',
      'agents.other.model: must begin with a mode (mock, proxy, openai, vllm); did you mean "openai:gpt"? Got "opnai:gpt".',
      'agents.other.instructions_role: must be system or developer or user or none, got "sys"',
      'agents.other.max_steps: must be a whole number of calls of the model, at least 1, got 0',
      'tools.read_file.aproval: is no field; did you mean "approval"?',
      'mcp_servers.files.url: must be an http:// or https:// address without a user',
      'mcp_servers.files.headers.X-Key: must fit into a header: one line of ASCII',
    ]);
  });

  const refused: [what: string, file: string, problem: RegExp][] = [
    ['nothing', '', /^the file: must be an object with agents, tools, mcp_servers, call_timeouts, got null$/],
    ['a list', '- a', /^the file: must be an object with .*, got a list$/],
    ['another field', 'agnets: {}', /^agnets: is no field; did you mean "agents"\?$/],
    ['agents in a list', 'agents: [a]', /^agents: must be an object of agents by their names, got a list$/],
    ['an agent that is a text', 'agents: { a: x }', /^agents\.a: must be an object with description, .*, got "x"$/],
    ['a blank name', 'agents: { " ": {} }', /^agents\. : must be a name of up to 128 letters/],
    ['a model that is no text', 'agents: { a: { model: 5 } }', /^agents\.a\.model: must be a text, got 5$/],
    ['a blank model', 'agents: { a: { model: "" } }', /^agents\.a\.model: must be <mode>:<name>.*, got ""$/],
    [
      'one fallback',
      'agents: { a: { fallbacks: mock:x } }',
      /^agents\.a\.fallbacks: must be a list of models, got "mock:x"$/,
    ],
    [
      'tools without a table',
      'agents: { a: { tools: [x] } }',
      /^agents\.a\.tools\.0: there is no tool "x"; there is none$/,
    ],
    ['a pattern that fits nothing', 'agents: { a: { tools: ["x*"] } }\ntools: { y: {} }', /there is no tool "x\*"/],
    [
      'a server without a pattern',
      'agents: { a: { tools: [s/] } }\nmcp_servers: { s: { url: "http://x" } }',
      /as s\/\*/,
    ],
    [
      'a name that no tool may have',
      'tools: { "read file": {} }',
      /^tools\.read file: must be a name of up to 64 letters/,
    ],
    [
      'parameters of another kind',
      'tools: { a: { parameters: { type: string } } }',
      /must be a JSON Schema of an object/,
    ],
    ['another approval', 'tools: { a: { approval: sometimes } }', /must be always or never, got "sometimes"$/],
    ['a server without address', 'mcp_servers: { s: {} }', /^mcp_servers\.s\.url: must be a text$/],
    [
      'a time of nothing',
      'call_timeouts: { client_s: 0 }',
      /^call_timeouts\.client_s: must be a whole number of seconds, at least 1, got 0$/,
    ],
    [
      'half a context',
      'agents: { a: { context: { max_tokens: 1.5 } } }',
      /^agents\.a\.context\.max_tokens: .*, got 1\.5$/,
    ],
    [
      'a variable that is not set',
      `agents: { a: { model: "\${NONE}" } }`,
      /^agents\.a\.model: the variable NONE is not set, got "\$\{NONE\}"$/,
    ],
    [
      'a name that objects have of themselves',
      'agents: { __proto__: {} }',
      /^agents\.__proto__: must have another name/,
    ],
    ['the same of a tool', 'tools: { "__proto__": {} }', /^tools\.__proto__: must have another name/],
    ['a name twice', 'agents: { a: {}, a: {} }', /line 1, column 18: Map keys must be unique$/],
    ['what is no YAML', 'agents: [', /line 1, column \d+: /],
    ['two documents', 'agents: {}\n---\nagents: {}', /line 2, column 1: Source contains multiple documents/],
    ['an unknown tag', 'agents: !!js {}', /line 1, column 9: Unresolved tag/],
    ['a circle', 'agents: &a { x: *a }', /cannot be read: its aliases refer to themselves/],
  ];
  for (const [what, file, problem] of refused) {
    it(`is refused with ${what}`, () => {
      const found = problems(file);
      expect(found).to.have.lengthOf(1);
      expect(found[0]).to.match(problem);
    });
  }

  it('is named where it cannot be read', () => {
    const at = (AGENT_RUNTIME__AGENTS_FILE: string) => problems('agents: {}', { AGENT_RUNTIME__AGENTS_FILE });
    const setting = 'AGENT_RUNTIME__AGENTS_FILE: must be a file that can be read';
    expect(at('/there/is/none')).to.deep.equal([`${setting}: there is none, got "/there/is/none"`]);
    expect(at(folder)).to.deep.equal([`${setting}: this is a folder, got "${folder}"`]);
    expect(problems(Uint8Array.of(0x61, 0xff, 0xfe))).to.deep.equal([
      `${path} cannot be read: it must be text in UTF-8`,
    ]);
  });

  it('shows no secret that is written in it', () => {
    const file =
      'mcp_servers: { s: { url: "http://x", hedaers: { Authorization: hunter2 }, headers: { A: [hunter2] } } }';
    expect(problems(file).join()).to.contain('mcp_servers.s.hedaers').and.not.contain('hunter2');
  });
});
