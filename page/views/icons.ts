import { html, type TemplateResult } from 'lit';

const drawn = (path: string): TemplateResult =>
  html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>`;

export const copyIcon = drawn('M9 9h10v11H9zM5 15V4h10');
export const checkIcon = drawn('M5 12.5l4.5 4.5L19 7.5');
export const sendIcon = drawn('M12 19V5M6 11l6-6 6 6');
export const stopIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true" class="solid"><rect x="7" y="7" width="10" height="10" rx="1.5" /></svg>`;
export const newIcon = drawn('M12 5v14M5 12h14');
export const menuIcon = drawn('M4 7h16M4 12h16M4 17h10');
export const moreIcon = html`<svg viewBox="0 0 24 24" aria-hidden="true" class="solid"><circle cx="6" cy="12" r="1.6" /><circle cx="12" cy="12" r="1.6" /><circle cx="18" cy="12" r="1.6" /></svg>`;
export const againIcon = drawn('M19 12a7 7 0 1 1-2.1-5M19 4v4h-4');
export const editIcon = drawn('M5 19l1-4L16.5 4.5l3 3L9 18z');
export const downIcon = drawn('M12 5v14M6 13l6 6 6-6');
export const deleteIcon = drawn('M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13');
export const toolIcon = drawn('M14.5 6.5a4 4 0 0 0-5 5L4 17l3 3 5.5-5.5a4 4 0 0 0 5-5L15 12l-3-3z');
