import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { type LogLevel, WinstonLogger } from '../../../src/infrastructure/logging/winston-logger.js';

describe('WinstonLogger', () => {
  describe('as JSON', () => {
    it('writes one object a line: time, level, sentence and fields', async () => {
      const { log, lines } = logger('json');
      log.info('run ended', { runId: 'r1', tokens: 3 });
      log.warn('slow');
      const [first, second, ...others] = await lines();
      expect(others).to.deep.equal([]);
      const { timestamp, ...rest } = JSON.parse(first ?? '');
      expect(timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      expect(rest).to.deep.equal({ level: 'info', message: 'run ended', runId: 'r1', tokens: 3 });
      expect(JSON.parse(second ?? '')).to.include({ level: 'warning', message: 'slow' });
    });

    it('keeps its own names from fields of the same name', async () => {
      const { log, lines } = logger('json');
      log.info('said', { message: 'forged', level: 'critical', timestamp: 'never' });
      const [line] = await lines();
      expect(JSON.parse(line ?? '')).to.include({
        level: 'info',
        message: 'said',
        field_message: 'forged',
        field_level: 'critical',
        field_timestamp: 'never',
      });
    });
  });

  it('writes time, level, sentence and fields on one readable line', async () => {
    const { log, lines } = logger('readable');
    log.error('run failed', { runId: 'r1', why: 'it broke', list: [1] });
    const [line] = await lines();
    expect(line).to.match(/^\S+Z ERROR {4}run failed runId=r1 why="it broke" list=\[1\]$/);
  });

  for (const format of ['json', 'readable'] as const) {
    it(`cannot be made to write a second line or a terminal sequence as ${format}`, async () => {
      const { log, lines } = logger(format);
      const evil = 'a\nb\rc\u001b[2Jd\u009b31me\u2028f\u202eg\u0000h\u007fi\u0085j';
      log.info(evil, { [evil]: evil, nested: [{ [evil]: evil }] });
      const written = await lines();
      expect(written).to.have.length(1);
      expect(written.join('')).to.not.match(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    });

    it(`keeps other writing systems and emoji as ${format}`, async () => {
      const { log, lines } = logger(format);
      log.info('привет', { name: '日本 🙂' });
      expect((await lines()).join(''))
        .to.include('привет')
        .and.include('日本 🙂');
    });
  }

  it('writes the least severe level it was told, and what is worse', async () => {
    const written = await Promise.all(LEVELS.map(async (level) => (await everyLevel(level)).join(' ')));
    expect(written).to.deep.equal([
      'critical',
      'critical error',
      'critical error warning',
      'critical error warning info',
      'critical error warning info debug',
    ]);
  });

  it('adds the fields of a child to each of its lines, and of its children', async () => {
    const { log, lines } = logger('json');
    const child = log.child({ requestId: 'q', runId: 'r1' }).child({ runId: 'r2' });
    child.info('one', { n: 1 });
    log.info('two');
    const [one, two] = (await lines()).map((line) => JSON.parse(line));
    expect(one).to.include({ requestId: 'q', runId: 'r2', n: 1 });
    expect(two).to.not.have.any.keys('requestId', 'runId');
  });

  it('writes what the fields were when it was called', async () => {
    const { log, lines } = logger('json');
    const fields = { state: 'before' };
    for (let count = 0; count < 100; count += 1) log.info('seen', fields);
    fields.state = 'after';
    const written = await lines();
    expect(written).to.have.length(100);
    expect(written.filter((line) => line.includes('after'))).to.deep.equal([]);
  });

  it('survives an output that fails or is closed', async () => {
    const failing = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
    const log = WinstonLogger.create({ level: 'info', format: 'json', output: failing });
    for (let count = 0; count < 50; count += 1) {
      log.info('still here');
      await nextTurn();
    }
    expect(failing.destroyed).to.equal(true);
  });

  it('listens once on an output that many loggers share', () => {
    const output = new Writable();
    for (let count = 0; count < 20; count += 1) WinstonLogger.create({ level: 'info', format: 'json', output });
    expect(output.listenerCount('error')).to.equal(1);
  });

  describe('on standard output', () => {
    it('outlives the process that reads it', async () => {
      const child = run(`
        for (let count = 0; count < 200; count += 1) {
          log.info('line', { count });
          await new Promise((resolve) => setImmediate(resolve));
        }
        process.exitCode = 7;`);
      await once(child.stdout, 'data');
      child.stdout.destroy();
      const [[exitCode], errors] = await Promise.all([once(child, 'exit'), text(child.stderr)]);
      expect({ exitCode, errors }).to.deep.equal({ exitCode: 7, errors: '' });
    });

    it('has written everything when the process ends', async () => {
      const child = run(`for (let count = 0; count < 500; count += 1) log.info('line', { count });`);
      expect((await text(child.stdout)).trim().split('\n')).to.have.length(500);
    });
  });
});

const LEVELS: LogLevel[] = ['critical', 'error', 'warning', 'info', 'debug'];

function logger(format: 'json' | 'readable', level: LogLevel = 'info') {
  const chunks: string[] = [];
  const output = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  const log = WinstonLogger.create({ level, format, output });
  const lines = async () => {
    await nextTurn();
    return chunks.join('').split('\n').slice(0, -1);
  };
  return { log, lines };
}

async function everyLevel(level: LogLevel): Promise<string[]> {
  const { log, lines } = logger('json', level);
  log.critical('c');
  log.error('e');
  log.warn('w');
  log.info('i');
  log.debug('d');
  return (await lines()).map((line) => JSON.parse(line).level);
}

/** A process of its own, with `log` on its standard output. */
function run(script: string) {
  const module = new URL('../../../src/infrastructure/logging/winston-logger.js', import.meta.url);
  const prelude = `import { WinstonLogger } from ${JSON.stringify(module.href)};
    const log = WinstonLogger.create({ level: 'info', format: 'json' });`;
  return spawn(process.execPath, ['--input-type=module', '--eval', prelude + script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
