import { type Browser, chromium } from 'playwright-core';
import { fetchedOnce, installedProgram, type SoughtProgram, type SystemProgram } from './system-program.js';

const CHROMIUM: SoughtProgram = {
  programs: ['chromium', 'chromium-browser', 'google-chrome'],
  packages: ['chromium'],
  howToGetIt:
    'There is no Chromium, and none could be fetched: install one (Debian: apt-get install chromium), or set ' +
    'CHROMIUM_PATH to it.',
};

/** This machine's browser. Where it has none, CI fetches one (120 MB); for everybody else it is undefined. */
export async function findBrowser(): Promise<SystemProgram | undefined> {
  const { CHROMIUM_PATH: path = '', CI = '' } = process.env;
  if (path !== '') return { path, environment: {} };
  const installed = installedProgram(CHROMIUM.programs);
  return installed === undefined && CI !== '' ? fetchedOnce(CHROMIUM) : installed;
}

/** A browser that speaks to nobody but the test. */
export function launchBrowser({ path, environment }: SystemProgram): Promise<Browser> {
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'];
  return chromium.launch({
    executablePath: path,
    args: [...args, '--disable-component-update', '--no-first-run'],
    env: { ...process.env, ...environment },
  });
}
