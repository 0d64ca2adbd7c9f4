import { posix } from 'node:path';
import { factsOf, type Source, type SourceFacts } from './source-facts.js';

/** Everything in these sources that the architecture forbids, one sentence each, beginning with the file. */
export function violations(sources: readonly Source[], dependencies: readonly string[]): readonly string[] {
  return sources.flatMap((source) => {
    const facts = factsOf(source);
    const found = [
      ...facts.imports.flatMap((name) => importViolations(source.path, name, dependencies)),
      ...syntaxViolations(source.path, facts),
      ...nameViolations(source.path, facts),
      ...callerViolations(source),
    ];
    return found.map((what) => `${source.path}: ${what}`);
  });
}

/** The layers that have no file among these: a check of nothing must not pass. */
export function emptyLayers(sources: readonly Source[]): readonly string[] {
  return LAYERS.filter((layer) => !sources.some(({ path }) => path.startsWith(`${layer}/`)));
}

const LAYERS = ['src/domain', 'src/application', 'src/adapters/inbound', 'src/adapters/outbound', 'src/infrastructure'];

/** Where alone a package may be imported. */
const CONFINED: Readonly<Record<string, RegExp>> = {
  inversify: /^src\/infrastructure\/container\//,
  'reflect-metadata': /^src\/(main\.ts$|infrastructure\/container\/)/,
  winston: /^src\/infrastructure\/logging\//,
  yaml: /^src\/infrastructure\/config\/agents\/read-agents-file\.ts$/,
  axios: /^src\/adapters\/outbound\/llm\/openai-wire\//,
  ioredis: /^src\/adapters\/outbound\/persistence\/redis\//,
  pg: /^src\/adapters\/outbound\/persistence\/postgres\//,
  kysely: /^src\/adapters\/outbound\/persistence\/postgres\//,
  cockatiel: /^src\/adapters\/outbound\/llm\/circuit-breaker\.ts$/,
  '@opentelemetry/api': /^src\/(infrastructure\/tracing\/|adapters\/outbound\/llm\/openai-wire\/http-transport\.ts$)/,
  '@opentelemetry/sdk-trace': /^src\/infrastructure\/tracing\//,
  'rate-limiter-flexible': /^src\/adapters\/inbound\/http\/rate-limit\.ts$/,
  '@modelcontextprotocol/sdk': /^src\/adapters\/outbound\/tools\/mcp\//,
  'prom-client': /^src\/infrastructure\/metrics\//,
  'agent-runtime': /^src\/adapters\/inbound\/cli\//,
  'eventsource-parser': /^src\/adapters\/outbound\/llm\/openai-wire\//,
};

/** The client, which the command uses as everybody does. */
const OWN = 'agent-runtime';

const ENVIRONMENT_READER = 'src/infrastructure/config/config.ts';
const SHARED_ADAPTER = 'src/adapters/outbound/llm/openai-wire';

const FORBIDDEN_FOLDER =
  /^(utils?|helpers?|common|shared|libs?|core|misc|dtos?|types?|constants?|interfaces?|models?|entities|value-objects|mappers?|services?|managers?)$/;
const FORBIDDEN_SUFFIX = /(?:^|[a-z\d])(Manager|Service|Helpers?|Processor|Handler|Impl|Utils?|Port)$/;
const FORBIDDEN_PREFIX = /^(Base|Abstract|I)[A-Z]/;
const FORBIDDEN_FILE = /(^|-)(manager|service|helpers?|processor|handler|impl|utils?|port)$|^(base|abstract)-/;

/** What a user has is another's secret: whoever is to find it has to be told who asks. */
function callerViolations({ path, text }: Source): readonly string[] {
  if (!path.startsWith('src/application/use-cases/')) return [];
  const asked = [...text.matchAll(PUBLIC_METHOD), ...text.matchAll(INPUT)].map(([all]) => all);
  const isAsked = (what: string): boolean => /\b(?:sessionId|runId): string\b/.test(what);
  const isTold = (what: string): boolean => /\bby: Caller\b/.test(what);
  return asked.some((what) => isAsked(what) && !isTold(what)) ? [UNTOLD] : [];
}

const UNTOLD = 'finds a session or a run without being told who asks';
const PUBLIC_METHOD = /^ {2}(?!private |constructor)(?:async )?\*?\w+\([^)]*\)/gm;
const INPUT = /^export interface \w+Input\b[\s\S]*?^}/gm;

function importViolations(path: string, name: string | undefined, dependencies: readonly string[]): readonly string[] {
  if (name === undefined) return ['imports what is not a literal, so that nobody can check it'];
  return name.startsWith('.') ? fileViolations(path, name) : packageViolations(path, name, dependencies);
}

function fileViolations(path: string, name: string): readonly string[] {
  const target = posix.normalize(posix.join(posix.dirname(path), name)).replace(/\.js$/, '.ts');
  return mayImport(path, target) ? [] : [`must not import ${target}`];
}

function packageViolations(path: string, name: string, dependencies: readonly string[]): readonly string[] {
  if (layerOf(path) === 'domain' || layerOf(path) === 'application') return [`must not import the package ${name}`];
  if (name.startsWith('node:')) return [];
  const root = name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
  const confined = Object.hasOwn(CONFINED, root) && !CONFINED[root]?.test(path);
  return [
    ...(confined ? [`must not import ${root}, which is confined elsewhere`] : []),
    ...(dependencies.includes(root) || root === OWN
      ? []
      : [`imports ${root}, which is not among the production dependencies`]),
  ];
}

function mayImport(from: string, to: string): boolean {
  const target = layerOf(to);
  switch (layerOf(from)) {
    case 'domain':
      return target === 'domain';
    case 'application':
      return target === 'domain' || target === 'application';
    case 'adapters':
      return target === 'domain' || target === 'application' || adapterMayImport(from, to);
    case 'infrastructure':
      return target !== undefined && target !== 'main.ts';
    default:
      return target === 'infrastructure';
  }
}

/** Its own folder, the shape files beside that folder or above it, and for a provider the shared wire client. */
function adapterMayImport(from: string, to: string): boolean {
  const own = adapterOf(from);
  if (own.startsWith(`${posix.dirname(to)}/`)) return true;
  if (from.startsWith(`${own}/`) && to.startsWith(`${own}/`)) return true;
  return (
    posix.dirname(own) === posix.dirname(SHARED_ADAPTER) && isFolderOf(own, from) && to.startsWith(`${SHARED_ADAPTER}/`)
  );
}

function isFolderOf(folder: string, path: string): boolean {
  return path.startsWith(`${folder}/`);
}

/** `src/adapters/inbound/http`, `src/adapters/outbound/llm/mock`; a shape file is an adapter of its own. */
function adapterOf(path: string): string {
  const depth = path.startsWith('src/adapters/outbound/') ? 5 : 4;
  return path.split('/').slice(0, depth).join('/');
}

function layerOf(path: string): string | undefined {
  const [root, layer] = path.split('/');
  return root === 'src' ? layer : undefined;
}

function syntaxViolations(path: string, facts: SourceFacts): readonly string[] {
  const found: [boolean, string][] = [
    [facts.reexports, 're-exports what another file exports'],
    [facts.defaultExport, 'has a default export'],
    [facts.decorators, 'has a decorator'],
    [facts.readsEnvironment && path !== ENVIRONMENT_READER, `reads process.env, which only ${ENVIRONMENT_READER} may`],
  ];
  const impurities = layerOf(path) === 'domain' ? facts.impurities : [];
  return [...found.flatMap(([is, what]) => (is ? [what] : [])), ...impurities.map((what) => `is not pure: ${what}`)];
}

function nameViolations(path: string, { types, values }: SourceFacts): readonly string[] {
  const folders = posix
    .dirname(path)
    .split('/')
    .filter((folder) => FORBIDDEN_FOLDER.test(folder));
  const file = posix.basename(path).split('.', 1).join('');
  const names = [...types, ...values].filter((name) => FORBIDDEN_SUFFIX.test(name));
  const prefixed = types.filter((name) => FORBIDDEN_PREFIX.test(name));
  return [
    ...folders.map((folder) => `stands in a folder named ${folder}`),
    ...(file === 'index' ? ['is a barrel'] : []),
    ...(FORBIDDEN_FILE.test(file) ? [`has a name that does not say what it is`] : []),
    ...[...names, ...prefixed].map((name) => `${name} does not say what it is`),
  ];
}
