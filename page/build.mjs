import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Makes the files that the service serves of this folder. Usage: node page/build.mjs FOLDER */

const [, , folder = 'dist/page'] = process.argv;

await mkdir(folder, { recursive: true });
await build({
  entryPoints: [
    { in: here('main.ts'), out: 'chat' },
    { in: here('styles/chat.css'), out: 'chat' },
  ],
  outdir: folder,
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['chrome111', 'firefox115', 'safari16.4'],
  tsconfig: here('tsconfig.json'),
  logLevel: 'warning',
});
for (const name of ['index.html', 'icon.svg']) await copyFile(here(name), join(folder, name));

function here(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
