import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';
import { findBrowser, launchBrowser } from '../support/chromium.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { INTERNAL_KEY, RuntimeServer, type RuntimeServerOptions } from '../support/runtime-server.js';

/** The key of the documentation, so that the page opens, and the one that the tests' own client has. */
const KEYS = `change-me-internal-key,${INTERNAL_KEY}`;

/** A bound for what never comes. With four browsers on two busy cores, what comes takes seconds. */
const PATIENCE_MS = 30_000;

/** A browser, a service, and between them a network that fails when the test says so. */
export class PageSubject {
  /** What the browser asked for that is not the service's, and what went wrong in the page. */
  readonly complaints: string[] = [];

  private constructor(
    readonly service: RuntimeServer,
    readonly network: FaultProxy,
    private readonly browser: Browser,
  ) {}

  /** Undefined where this machine has no browser. */
  static async start({ settings, ...options }: RuntimeServerOptions = {}): Promise<PageSubject | undefined> {
    const chromium = await findBrowser();
    if (chromium === undefined) return undefined;
    const service = await RuntimeServer.start({ settings: { INTERNAL_API_KEY: KEYS, ...settings }, ...options });
    const network = await FaultProxy.start(Number(new URL(service.origin).port));
    return new PageSubject(service, network, await launchBrowser(chromium));
  }

  get origin(): string {
    return `http://127.0.0.1:${this.network.port}`;
  }

  /** A page of a browser that nobody has used. */
  async open(path = '/', options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await this.browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
    return this.openIn(context, path);
  }

  /** One more tab. */
  async openIn(context: BrowserContext, path: string): Promise<Page> {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    page.on('request', (request) => this.isOwn(request.url()) || this.complaints.push(request.url()));
    page.on('dialog', (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    await page.goto(`${this.origin}${path}`);
    return page;
  }

  /** Closes all pages. */
  async clear(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
    this.complaints.length = 0;
  }

  async forgetSessions(): Promise<void> {
    const { json } = await this.service.get('/agent/sessions?limit=200');
    const ids: string[] = Object(json).sessions.map((session: { session_id: string }) => session.session_id);
    for (const id of ids) await this.service.delete(`/agent/sessions/${id}`);
  }

  async close(): Promise<void> {
    await this.browser.close();
    await this.network.close();
    await this.service.close();
  }

  private isOwn(url: string): boolean {
    return url.startsWith(this.origin) || url.startsWith('blob:') || url.startsWith('data:');
  }
}

export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
}

export function log(page: Page): Locator {
  return page.getByRole('log', { name: 'Conversation' });
}

/** The last one. */
export function answer(page: Page): Locator {
  return log(page).getByRole('article', { name: 'Assistant' }).last();
}

export function button(within: Page | Locator, name: string): Locator {
  return within.getByRole('button', { name, exact: true });
}

/** Resolves when nothing is being answered. */
export async function answered(page: Page): Promise<void> {
  await button(page, 'Regenerate').last().waitFor();
  await button(page, 'Stop').waitFor({ state: 'detached' });
}

/** The text of the last answer, once it reads so. */
export async function reads(page: Page, text: string | RegExp): Promise<void> {
  await answer(page).getByText(text).waitFor();
}
