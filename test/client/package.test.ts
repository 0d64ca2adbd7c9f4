import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import ts from 'typescript';

const run = promisify(execFile);
const CLIENT = fileURLToPath(new URL('../../../client', import.meta.url));
const KIBIBYTE = 1024;

const USE = `
import { AgentRuntime, Problem, type Final, type Frame, type Session } from 'agent-runtime-client';
const runtime = new AgentRuntime({ baseUrl: 'http://localhost:8001', key: 'k' });
export async function use(signal: AbortSignal): Promise<Final> {
  const answer = runtime.send({ sessionId: 'demo', content: 'Hello', options: { maxTokens: 5 } }, { signal });
  for await (const frame of answer) if (frame.type === 'tool_call') tell(frame.arguments, frame.id);
  for await (const session of runtime.sessions.list()) title(session);
  await answer.cancel();
  return runtime.turn({ sessionId: 'demo', content: 'x' }, { tools: { now: () => 1 }, approve: () => ({ reject: 'no' }) });
}
function tell(args: object, id: string | undefined) { return [args, id]; }
function title({ title }: Session): string { return title; }
export function isBusy(error: unknown): boolean { return error instanceof Problem && error.code === 'session_busy'; }
export function textOf(frame: Frame): string { return frame.type === 'assistant_message' ? frame.token : ''; }
`;

describe("the client's package", function () {
  this.timeout(120_000);
  let folder: string;
  let packed: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'agent-runtime-client-'));
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', folder, CLIENT], { cwd: folder });
    packed = join(folder, stdout.trim());
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is under 12 KiB, with its types', () => {
    expect(statSync(packed).size).to.be.below(12 * KIBIBYTE);
  });

  it('is for Node 20 and later, is ESM with types, and needs no other package', () => {
    const own = JSON.parse(readFileSync(join(CLIENT, 'package.json'), 'utf8'));
    expect(own).to.deep.include({ type: 'module', engines: { node: '>=20' } });
    expect(Object.keys(own).filter((name) => /dependencies/i.test(name))).to.deep.equal([]);
    const service = JSON.parse(readFileSync(join(CLIENT, '../package.json'), 'utf8'));
    expect(service.exports['./client']).to.deep.equal({
      types: './client/dist/agent-runtime.d.ts',
      default: './client/dist/agent-runtime.js',
    });
    expect(own.version).to.equal(service.version);
  });

  it('installs alone, imports, and has types for whoever uses it', async () => {
    writeFileSync(join(folder, 'package.json'), '{"name":"somebody","version":"1.0.0","type":"module"}');
    await run('npm', ['install', '--offline', '--no-audit', '--no-fund', packed], { cwd: folder });
    const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    expect(Object.keys(packages)).to.deep.equal(['', 'node_modules/agent-runtime-client']);
    const script = "const all = await import('agent-runtime-client'); console.log(Object.keys(all).sort().join());";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
    expect(stdout.trim()).to.equal('AgentRuntime,Problem');
    writeFileSync(join(folder, 'use.ts'), USE);
    expect(problemsIn(join(folder, 'use.ts'))).to.deep.equal([]);
  });

  it('is what the service has under agent-runtime/client', async () => {
    const script = "const all = await import('agent-runtime/client'); console.log(Object.keys(all).sort().join());";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: join(CLIENT, '..') });
    expect(stdout.trim()).to.equal('AgentRuntime,Problem');
  });
});

/** Of a file that is compiled strictly, its packages' types too. */
function problemsIn(path: string): readonly string[] {
  const program = ts.createProgram([path], {
    strict: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.asynciterable.d.ts'],
    types: [],
  });
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
