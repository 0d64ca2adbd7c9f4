import ts from 'typescript';

export interface Source {
  /** From the project's root, with slashes: `src/domain/run.ts`. */
  readonly path: string;
  readonly text: string;
}

/** What one file's syntax says, as far as the architecture has a rule about it. */
export interface SourceFacts {
  /** Every module it names: import, export from, import(), require(), import type. `undefined` where it is no
   *  literal. */
  readonly imports: readonly (string | undefined)[];
  readonly reexports: boolean;
  readonly defaultExport: boolean;
  readonly decorators: boolean;
  readonly readsEnvironment: boolean;
  /** Words for what is not a pure function of its arguments: `new Date()`, `Math.random`, `console`, … */
  readonly impurities: readonly string[];
  /** Names of the classes, interfaces, types and enums it declares. */
  readonly types: readonly string[];
  /** Names of the functions and constants that it declares at its top. */
  readonly values: readonly string[];
}

export function factsOf({ path, text }: Source): SourceFacts {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const nodes = descendants(file);
  return {
    imports: nodes.flatMap(importedBy),
    reexports: nodes.some((node) => ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined),
    defaultExport: nodes.some(isDefaultExport),
    decorators: nodes.some(ts.isDecorator),
    readsEnvironment: nodes.some(readsEnvironment),
    impurities: nodes.flatMap(impurityOf),
    types: nodes.flatMap((node) => (isTypeDeclaration(node) && node.name ? [node.name.text] : [])),
    values: file.statements.flatMap(declaredValues),
  };
}

function descendants(node: ts.Node): readonly ts.Node[] {
  const children: ts.Node[] = [];
  node.forEachChild((child) => {
    children.push(child, ...descendants(child));
  });
  return children;
}

function importedBy(node: ts.Node): readonly (string | undefined)[] {
  if (ts.isImportDeclaration(node)) return [literal(node.moduleSpecifier)];
  if (ts.isExportDeclaration(node)) return node.moduleSpecifier ? [literal(node.moduleSpecifier)] : [];
  if (ts.isImportTypeNode(node))
    return [ts.isLiteralTypeNode(node.argument) ? literal(node.argument.literal) : undefined];
  if (ts.isExternalModuleReference(node)) return [literal(node.expression)];
  return ts.isCallExpression(node) && loads(node.expression) ? [literal(node.arguments[0])] : [];
}

function literal(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function loads(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
}

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true;
  if (ts.isExportSpecifier(node)) return node.name.text === 'default';
  return node.kind === ts.SyntaxKind.DefaultKeyword && !ts.isDefaultClause(node.parent);
}

function readsEnvironment(node: ts.Node): boolean {
  if (ts.isPropertyAccessExpression(node)) return isNamed(node.expression, 'process') && node.name.text === 'env';
  if (ts.isElementAccessExpression(node)) {
    return isNamed(node.expression, 'process') && literal(node.argumentExpression) === 'env';
  }
  if (ts.isImportSpecifier(node)) return importedName(node) === 'env' && /^(node:)?process$/.test(moduleOf(node));
  return ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent) && takesEnvironment(node);
}

function takesEnvironment(element: ts.BindingElement): boolean {
  const { parent } = element.parent;
  const from = ts.isVariableDeclaration(parent) ? parent.initializer : undefined;
  return isNamed(from, 'process') && (element.propertyName ?? element.name).getText() === 'env';
}

function importedName(node: ts.ImportSpecifier): string {
  return (node.propertyName ?? node.name).text;
}

function moduleOf(node: ts.ImportSpecifier): string {
  return literal(node.parent.parent.parent.moduleSpecifier) ?? '';
}

function isNamed(node: ts.Node | undefined, name: string): boolean {
  return node !== undefined && ts.isIdentifier(node) && node.text === name;
}

const IMPURE_GLOBALS: ReadonlySet<string> = new Set([
  'process',
  'console',
  'Buffer',
  'performance',
  'crypto',
  'fetch',
  'globalThis',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
]);

function impurityOf(node: ts.Node): readonly string[] {
  if (ts.isNewExpression(node) && isNamed(node.expression, 'Date') && !node.arguments?.length) return ['new Date()'];
  if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random)$/.test(node.getText())) return [node.getText()];
  return ts.isIdentifier(node) && IMPURE_GLOBALS.has(node.text) && isReference(node) ? [node.text] : [];
}

/** Whether an identifier stands for a value, rather than naming a property or a parameter of that name. */
function isReference(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  return ts.isCallExpression(parent) || ts.isNewExpression(parent) || ts.isElementAccessExpression(parent);
}

function isTypeDeclaration(node: ts.Node) {
  return (
    ts.isClassLike(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node) ||
    ts.isEnumDeclaration(node)
  );
}

function declaredValues(statement: ts.Statement): readonly string[] {
  if (ts.isFunctionDeclaration(statement)) return statement.name ? [statement.name.text] : [];
  if (!ts.isVariableStatement(statement)) return [];
  return statement.declarationList.declarations.map(({ name }) => name.getText());
}
