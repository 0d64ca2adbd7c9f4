import { findBrowser } from './chromium.js';
import { keepFilesInMemory } from './files-in-memory.js';
import { findNode } from './other-node.js';
import { soughtBeforehand } from './sought-beforehand.js';

/** Where clients run: a browser, and older versions of Node. */
export async function mochaGlobalSetup(): Promise<void> {
  keepFilesInMemory();
  await soughtBeforehand([findBrowser, () => findNode(20), () => findNode(22)]);
}
