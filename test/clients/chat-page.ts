import { build } from 'esbuild';

/** A page as its author would write it, with React and the AI SDK's hook. What it shows stands in its title, too. */
const page = (ai: string, react: string) => `
  import { createElement, useEffect } from 'react';
  import { createRoot } from 'react-dom/client';
  import { useChat } from '${react}';
  import { DefaultChatTransport, lastAssistantMessageIsCompleteWithToolCalls } from '${ai}';

  const [id, resume] = location.hash.slice(1).split(',');
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
  const transport = new DefaultChatTransport({ api: '/ai/chat', body: { tools } });

  function Chat() {
    const chat = useChat({
      id,
      transport,
      resume: resume === 'resume',
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
      onToolCall: ({ toolCall: { toolName, toolCallId } }) => {
        if (toolName === 'weather') chat.addToolOutput({ tool: toolName, toolCallId, output: { sky: 'clear' } });
      },
    });
    globalThis.chat = chat;
    const words = (message) => message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    // When what belongs to it is shown.
    useEffect(() => void (document.title = chat.status));
    return createElement('ul', {}, chat.messages.map((message) =>
      createElement('li', { key: message.id, className: message.role }, words(message))));
  }

  createRoot(document.getElementById('root')).render(createElement(Chat));
`;

/** The packages of a major. */
export const HOOKS: Readonly<Record<string, readonly [ai: string, react: string]>> = {
  'ai 7': ['ai', '@ai-sdk/react'],
  'ai 6': ['ai-6', 'ai-sdk-react-3'],
};

/** The page, with all that it needs in it. */
export async function chatPage(major: string): Promise<string> {
  const [ai = '', react = ''] = HOOKS[major] ?? [];
  const { outputFiles } = await build({
    stdin: { contents: page(ai, react), resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    write: false,
    minify: true,
    charset: 'ascii',
    format: 'iife',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const script = outputFiles[0]?.text.replaceAll('</script', '<\\/script');
  return `<!doctype html><meta charset="utf-8"><div id="root"></div><script>${script}</script>`;
}
