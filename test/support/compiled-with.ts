import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

export interface Compilation {
  /** What the compiler has against these files; none when they are good. */
  readonly problems: readonly string[];
  /** Writes what they compile to where the project's own files are compiled to, and gives the paths. */
  write(): readonly string[];
}

/** These files as if they stood in the project, by path and text, compiled as the project is. */
export function compiledWith(files: Readonly<Record<string, string>>): Compilation {
  const config = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config.config, files: [], include: [] }, ts.sys, ROOT);
  const texts = new Map(Object.entries(files).map(([path, text]) => [join(ROOT, path), text]));
  const program = ts.createProgram([...texts.keys()], { ...options, sourceMap: false }, hostWith(texts, options));
  const sources = program.getSourceFiles().filter(({ fileName }) => texts.has(fileName));
  return {
    problems: sources.flatMap((source) => ts.getPreEmitDiagnostics(program, source)).map(inWords),
    write: () => sources.flatMap((source) => written(program, source)),
  };
}

function hostWith(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const folders = new Set([...texts.keys()].map((path) => dirname(path)));
  return {
    ...host,
    fileExists: (path) => texts.has(path) || host.fileExists(path),
    directoryExists: (path) => folders.has(path) || ts.sys.directoryExists(path),
    readFile: (path) => texts.get(path) ?? host.readFile(path),
    getSourceFile: (path, version) => {
      const text = texts.get(path) ?? host.readFile(path);
      return text === undefined ? undefined : ts.createSourceFile(path, text, version);
    },
  };
}

function written(program: ts.Program, source: ts.SourceFile): string[] {
  const paths: string[] = [];
  program.emit(source, (path, text) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    paths.push(path);
  });
  return paths;
}

function inWords({ file, start = 0, messageText }: ts.Diagnostic): string {
  const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start).line + 1;
  return `${file?.fileName ?? ''}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
}
