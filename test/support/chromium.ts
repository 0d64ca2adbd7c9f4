import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where this machine's browser is; undefined where there is none. */
export function browserPath(): string | undefined {
  return PLACES.find((path) => path !== undefined && existsSync(path));
}

/** A browser that speaks to nobody but the test. */
export function launchBrowser(executablePath: string): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'];
  return chromium.launch({ executablePath, args: [...args, '--disable-component-update', '--no-first-run'] });
}
