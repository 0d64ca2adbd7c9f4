import { fileURLToPath } from 'node:url';
import type { Response } from 'express';
import { z } from 'zod';
import { json, problems } from '../documented.js';
import { type Endpoint, pathParameter } from '../endpoint.js';
import { HttpProblem } from '../http-problem.js';
import { securityOfPages } from '../security-headers.js';
import { contentPolicy } from './content-policy.js';

/** What the page may be told of the service by anybody: never a key. */
const settingsSchema = z.object({
  default_key: z.boolean().meta({ description: 'The key that the documentation names opens this service.' }),
});

export interface ChatPageOptions {
  readonly usesDefaultKey: boolean;
}

/** A page to chat in, from files of this service alone. Every link is relative, so that it works under a prefix of a
 *  gateway. */
export function chatPageRoutes({ usesDefaultKey }: ChatPageOptions): readonly Endpoint[] {
  return [root, withoutSlash, page, settings({ default_key: usesDefaultKey }), file];
}

/** Found for as long as there is a page: a browser would not forget a redirect that is permanent. */
function leadingToPage(path: string, operationId: string, summary: string): Endpoint {
  return {
    method: 'get',
    path,
    access: 'public',
    operation: { operationId, summary, responses: { 302: { description: 'The page is at /chat/' } } },
    handle(_request, response) {
      response.redirect(302, 'chat/');
    },
  };
}

const root = leadingToPage('/', 'getRoot', 'Leads to the page to chat in');
const withoutSlash = leadingToPage('/chat', 'getChatWithoutSlash', 'Leads to that page');

const page: Endpoint = {
  method: 'get',
  path: '/chat/',
  access: 'public',
  before: [securityOfPages],
  operation: {
    operationId: 'getChat',
    summary: 'A page to chat in',
    responses: { 200: { description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } } },
  },
  handle(_request, response) {
    response.setHeader('Content-Security-Policy', contentPolicy);
    sendPageFile(response, 'index.html', 'no-store');
  },
};

function settings(view: z.input<typeof settingsSchema>): Endpoint {
  return {
    method: 'get',
    path: '/chat/settings.json',
    access: 'public',
    operation: {
      summary: 'What that page has to know of this service',
      responses: { 200: json(settingsSchema, 'The settings') },
    },
    handle(_request, response) {
      response.json(view);
    },
  };
}

const FILES: readonly string[] = ['chat.js', 'chat.css', 'icon.svg'];

const file: Endpoint = {
  method: 'get',
  path: '/chat/{file}',
  access: 'public',
  before: [securityOfPages],
  operation: {
    summary: 'A file of that page',
    requestParams: { path: z.object({ file: z.string() }) },
    responses: { 200: { description: 'The file' }, ...problems(404) },
  },
  handle(request, response) {
    const name = pathParameter(request, 'file');
    if (!FILES.includes(name)) throw new HttpProblem(404, 'not_found', 'The page has no such file.');
    // Kept, and asked for all the same: the next version has the same names.
    sendPageFile(response, name, 'no-cache');
  },
};

function sendPageFile(response: Response, name: string, caching: string): void {
  response.sendFile(fileURLToPath(new URL(`../../../../page/${name}`, import.meta.url)), {
    headers: { 'Cache-Control': caching },
  });
}
