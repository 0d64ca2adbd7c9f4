import { render } from 'lit';
import { Chat } from './chat/chat.js';
import { KeyRing } from './chat/key-ring.js';
import { Pace } from './chat/pace.js';
import { Desk } from './views/desk.js';
import { pageView } from './views/page-view.js';

const ring = await KeyRing.open();
const pace = new Pace(() => render(pageView(chat, desk), document.body));
const chat = new Chat(ring, pace.soon, pace.calmly);
const desk = new Desk(pace.soon);

addEventListener('hashchange', () => {
  desk.clear();
  chat.show();
});
addEventListener('focus', chat.look);
document.addEventListener('visibilitychange', () => document.hidden || chat.look());
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || event.defaultPrevented || desk.isBusy) return;
  if (desk.isDrawerOpen) desk.set({ isDrawerOpen: false });
  else void chat.conversation?.stop();
});

await chat.open();
