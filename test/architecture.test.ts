import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { allowed, forbidden } from './support/architecture-examples.js';
import { emptyLayers, violations } from './support/architecture-rules.js';
import type { Source } from './support/source-facts.js';

const PACKAGES = ['zod', 'axios', 'inversify', 'winston', 'reflect-metadata', 'prom-client', '@opentelemetry/api'];

const WIDE_COMMENT = /^(?=.{121})\s*(\/\/|\/?\*)/u;

const root = new URL('../../', import.meta.url);

describe('The architecture', () => {
  const sources = sourcesUnder('src');

  it('has a file in every layer', () => {
    expect(emptyLayers(sources)).to.deep.equal([]);
  });

  it('is kept by every source', () => {
    expect(violations(sources, productionDependencies()).join('\n')).to.equal('');
  });

  it('fails on a layer without a file', () => {
    const withoutDomain = sources.filter(({ path }) => !path.startsWith('src/domain/'));
    expect(emptyLayers(withoutDomain)).to.deep.equal(['src/domain']);
    expect(emptyLayers([])).to.have.length(5);
  });

  describe('forbids', () => {
    for (const [path, text, what] of forbidden) {
      it(`${what} (${text.split('\n', 1).join('')} in ${path})`, () => {
        expect(violations([{ path, text }], PACKAGES)).to.deep.equal([`${path}: ${what}`]);
      });
    }
  });

  describe('allows', () => {
    for (const [path, text] of allowed) {
      it(`${text} in ${path}`, () => {
        expect(violations([{ path, text }], PACKAGES)).to.deep.equal([]);
      });
    }
  });
});

describe('A comment', () => {
  it('has at most 120 columns', () => {
    const sources = ['src', 'test', 'client/src', 'page', 'bench'].flatMap(sourcesUnder);
    const wide = sources.flatMap(({ path, text }) => {
      const lines = text.split('\n').entries();
      return [...lines].filter(([, line]) => WIDE_COMMENT.test(line)).map(([index]) => `${path}:${index + 1}`);
    });
    expect(wide).to.deep.equal([]);
  });
});

function sourcesUnder(folder: string): readonly Source[] {
  const entries = readdirSync(new URL(folder, root), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name));
  return files.map(({ parentPath, name }) => {
    const path = `${parentPath}/${name}`.replaceAll('\\', '/');
    return { path: path.slice(fileURLToPath(root).length), text: readFileSync(path, 'utf8') };
  });
}

function productionDependencies(): readonly string[] {
  const text = readFileSync(new URL('package.json', root), 'utf8');
  return Object.keys(JSON.parse(text).dependencies);
}
