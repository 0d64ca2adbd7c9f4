import { globSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

/** Compiles the sources and the tests into an empty folder, each file by itself. */

const OUTPUT = 'dist-test';

rmSync(OUTPUT, { recursive: true, force: true });
await build({
  entryPoints: globSync('{src,test,bench,client/src}/**/*.ts', { exclude: (path) => path.endsWith('.d.ts') }),
  outdir: OUTPUT,
  outbase: '.',
  format: 'esm',
  sourcemap: true,
  logLevel: 'warning',
});
