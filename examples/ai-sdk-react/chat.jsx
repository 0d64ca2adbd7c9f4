import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport } from 'ai';
import { createRoot } from 'react-dom/client';

// The chat is the session: it stands in the address, so that a page that is loaded again goes on with it.
location.hash ||= crypto.randomUUID();
const transport = new DefaultChatTransport({ api: '/ai/chat' });

function Chat() {
  const id = location.hash.slice(1);
  const { messages, status, error, sendMessage, regenerate } = useChat({ id, resume: true, transport });
  const send = (event) => {
    event.preventDefault();
    void sendMessage({ text: new FormData(event.target).get('text') });
    event.target.reset();
  };
  return (
    <main>
      {messages.map((message) => (
        <p key={message.id}>
          <b>{message.role}</b> {message.parts.map(({ text }) => text ?? '').join('')}
        </p>
      ))}
      {error && <p role="alert">{error.message}</p>}
      <form onSubmit={send}>
        <input name="text" aria-label="Message" required />
        <button type="submit">Send</button>
        <button type="button" onClick={() => fetch(`/ai/chat/${id}/stop`, { method: 'POST' })}>
          Stop
        </button>
        <button type="button" disabled={status === 'streaming'} onClick={() => regenerate()}>
          Again
        </button>
      </form>
    </main>
  );
}

createRoot(document.getElementById('root')).render(<Chat />);
