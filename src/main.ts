const OLDEST_NODE = [22, 15] as const;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(
    `agent-runtime needs Node ${OLDEST_NODE.join('.')} or newer, this is ${process.versions.node}. ` +
      '"npm start" uses the one that "npm ci" installs.\n',
  );
  process.exit(1);
}

// Imported only now: an older Node would fail to load it, and not say why.
const [{ enableCompileCache }, { fileURLToPath }] = await Promise.all([import('node:module'), import('node:url')]);
// What was compiled once is not compiled again at the next start. It lies beside the code itself, and not where others
// may write, as they may in the system's folder for temporary files: who changes it changes what runs.
enableCompileCache(fileURLToPath(new URL('.compile-cache', import.meta.url)));
const { obey } = await import('./infrastructure/command/obey.js');
await obey(process.argv.slice(2));
