import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { problems } from '../documented.js';
import { type Endpoint, pathParameter } from '../endpoint.js';
import { HttpProblem } from '../http-problem.js';
import { securityOfPages } from '../security-headers.js';

const FILES: readonly string[] = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

/** Paths are relative, so that the page also works under a prefix of a gateway. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>agent-runtime</title>
  <link rel="icon" href="docs/favicon-32x32.png">
  <link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/initializer.js"></script>
</body>
</html>
`;

const INITIALIZER = `SwaggerUIBundle({ url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null });\n`;

/** The API as a page, from files of this service alone. */
export function docsRoutes(): readonly Endpoint[] {
  return [page, pageWithSlash, file];
}

const page: Endpoint = {
  method: 'get',
  path: '/docs',
  access: 'public',
  before: [securityOfPages],
  operation: {
    summary: 'The API as a page',
    responses: { 200: { description: 'The page', content: { 'text/html': { schema: { type: 'string' } } } } },
  },
  handle(_request, response) {
    response.type('html').send(PAGE);
  },
};

/** The one path that people type with a slash. */
const pageWithSlash: Endpoint = {
  method: 'get',
  path: '/docs/',
  access: 'public',
  operation: {
    operationId: 'getDocsWithSlash',
    summary: 'Leads to that page',
    responses: { 308: { description: 'The page is at /docs' } },
  },
  handle(_request, response) {
    response.redirect(308, '../docs');
  },
};

const file: Endpoint = {
  method: 'get',
  path: '/docs/{file}',
  access: 'public',
  before: [securityOfPages],
  operation: {
    summary: 'A file of that page',
    requestParams: { path: z.object({ file: z.string() }) },
    responses: { 200: { description: 'The file' }, ...problems(404) },
  },
  handle(request, response) {
    const name = pathParameter(request, 'file');
    if (name === 'initializer.js') response.type('js').send(INITIALIZER);
    else if (FILES.includes(name))
      response.sendFile(pathOf(name), { headers: { 'Cache-Control': 'public, max-age=86400' } });
    else throw new HttpProblem(404, 'not_found', 'The docs page has no such file.');
  },
};

function pathOf(name: string): string {
  return fileURLToPath(import.meta.resolve(`swagger-ui-dist/${name}`));
}
