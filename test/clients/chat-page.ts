import { build } from 'esbuild';

/** A page as its author would write it, with React and the AI SDK's hook. What it shows stands in its title, too. */
const page = ({ ai, react, chat }: Packages) => `
  import { createElement, useEffect } from 'react';
  import { createRoot } from 'react-dom/client';
  import { Chat, useChat } from '${react}';
  import { DefaultChatTransport, lastAssistantMessageIsCompleteWithToolCalls } from '${ai}';

  const [id, resume] = location.hash.slice(1).split(',');
  const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object' } } }];
  const options = {
    id,
    transport: new DefaultChatTransport({ api: '/ai/chat', body: { tools } }),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
    onToolCall: ({ toolCall: { toolName, toolCallId } }) => {
      if (toolName === 'weather') chat.addToolOutput({ tool: toolName, toolCallId, output: { sky: 'clear' } });
    },
  };
  const given = ${chat};

  function Page() {
    const chat = useChat({ ...given, resume: resume === 'resume' });
    globalThis.chat = chat;
    const words = (message) => message.parts.map((part) => (part.type === 'text' ? part.text : '')).join('');
    // When what belongs to it is shown.
    useEffect(() => void (document.title = chat.status));
    return createElement('ul', {}, chat.messages.map((message) =>
      createElement('li', { key: message.id, className: message.role }, words(message))));
  }

  createRoot(document.getElementById('root')).render(createElement(Page));
`;

interface Packages {
  readonly ai: string;
  readonly react: string;
  /** What the hook is given. That of ai 6 hides from a chat of its own making that its transport tells an answer from
   *  the beginning (`resumeStreamIsReplay`): after a cut, it would go on with what it has. */
  readonly chat: 'options' | '{ chat: new Chat(options) }';
}

/** The packages of a major. */
export const HOOKS: Readonly<Record<string, Packages>> = {
  'ai 7': { ai: 'ai', react: '@ai-sdk/react', chat: 'options' },
  'ai 6': { ai: 'ai-6', react: 'ai-sdk-react-3', chat: '{ chat: new Chat(options) }' },
};

/** The page, with all that it needs in it. */
export async function chatPage(packages: Packages): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: page(packages), resolveDir: process.cwd(), loader: 'js' },
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
