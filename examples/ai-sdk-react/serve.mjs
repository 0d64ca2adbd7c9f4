// npm install ai @ai-sdk/react react react-dom esbuild, then node serve.mjs, with the service running.
// It serves the page, and hands on what the page asks for with the key, which a page must not know.
import { createServer, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const { AGENT_RUNTIME_URL: url = 'http://localhost:8001', AGENT_RUNTIME_KEY: key = 'change-me-internal-key' } =
  process.env;
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('chat.jsx', import.meta.url))],
  bundle: true,
  write: false,
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
});
const files = {
  '/': ['text/html', '<!doctype html><meta charset="utf-8"><div id="root"></div><script src="/chat.js"></script>'],
  '/chat.js': ['text/javascript', outputFiles[0].contents],
};

const server = createServer((asked, answer) => {
  const [type, content] = files[asked.url] ?? [];
  if (type) return answer.setHeader('Content-Type', type).end(content);
  const headers = { ...asked.headers, 'X-Internal-Auth': key };
  const onward = request(url + asked.url, { method: asked.method, headers }, (told) => {
    answer.writeHead(told.statusCode, told.headers);
    told.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  asked.pipe(onward);
});
server.listen(Number(process.env.PORT ?? 3000), () => console.log(`http://localhost:${server.address().port}`));
