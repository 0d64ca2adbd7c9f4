const HELP = `Usage: agent-runtime [command]

  serve    starts the service; what is done without a command
  chat     a conversation in this terminal, with a service that runs
             --url URL        where it is (http://localhost:8001)
             --key KEY        its key (AGENT_RUNTIME__INTERNAL_API_KEY)
             --session ID     goes on with a session; without it, a new one begins
             --agent NAME     who answers
             --user ID        for whom, where the service keeps users apart
  check    reads settings and agents file, tries store and models, and says what is wrong

  --help, --version
`;

/** Does what the command line says. What serves goes on; everything else ends the process with its exit code. */
export async function obey(args: readonly string[]): Promise<void> {
  const [command = 'serve', ...rest] = args;
  if (command !== 'serve') process.exit(await exitCodeOf(command, rest));
  if (rest.length > 0) process.exit(misunderstood(`serve takes no ${rest[0]}: its settings are in the environment.`));
  const { serve } = await import('../serve.js');
  await serve();
}

/** Each is loaded only when it is asked for. */
async function exitCodeOf(command: string, rest: readonly string[]): Promise<number> {
  if (command === '--help' || command === '-h' || command === 'help') return told(HELP);
  if (command === '--version' || command === '-v') return told(`${await version()}\n`);
  if (command === 'chat') return (await import('./start-chat.js')).startChat(rest, misunderstood);
  if (command === 'check') return (await import('./check.js')).check();
  return misunderstood(`There is no command ${command}.`);
}

function told(text: string): number {
  process.stdout.write(text);
  return 0;
}

function misunderstood(what: string): number {
  process.stderr.write(`${what}\n\n${HELP}`);
  return 1;
}

async function version(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(new URL(import.meta.resolve('agent-runtime/package.json')), 'utf8');
  return JSON.parse(text).version;
}
