import { fileURLToPath } from 'node:url';

/** Where it is found by the processes that run the tests. */
const VARIABLE = 'SERVICE_OF_TESTS';

const at = (path: string): string => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
/** As deep as the file that looks for the page from where it is itself. */
const FOLDER = at('adapters/inbound/http/bundle');
/** Packages that are no modules ask for others by it. */
const REQUIRE = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`;

/** Makes one program of the service and its packages, for a run of all tests: they start it more than a hundred times,
 *  and Node takes a second to find 1,300 files. Not where it is measured which lines run. */
export async function bundleService(): Promise<void> {
  if (process.env.NODE_V8_COVERAGE !== undefined) return;
  const { build } = await import('esbuild');
  await build({
    entryPoints: { main: at('main.js'), 'counting-worker': at('adapters/outbound/tokens/counting-worker.js') },
    outdir: FOLDER,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // It reads a file that lies beside it.
    external: ['tiktoken'],
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
  process.env[VARIABLE] = `${FOLDER}/main.js`;
}

/** What a test starts to have a service: the bundle, or the file itself where some tests are run alone. */
export function serviceProgram(): string {
  return process.env[VARIABLE] ?? at('main.js');
}
