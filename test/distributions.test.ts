import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { rulesOf } from '../src/domain/distributions/index.ts';
import { DISTRIBUTION_NAMES, labelOf } from '../src/domain/distributions/names.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const NAMES = new Set(DISTRIBUTION_NAMES.flatMap((name) => [name, labelOf(name)]));
const ROLES = new Set(DISTRIBUTION_NAMES.flatMap((name) => Object.keys(rulesOf(name).roles)));
const WORD = new RegExp(`(?<![\\w/.])(${DISTRIBUTION_NAMES.join('|')})(?!\\w)`, 'i');

/** Where a distribution is named: its rules, how it is observed, and the index of the observers. */
const MODULES = [
  'src/domain/distributions/',
  'src/observe/observers.ts',
  ...DISTRIBUTION_NAMES.map((name) => `src/observe/${name}/`),
];

/** Texts that may mention a distribution, with the reason. None of them decides anything. */
const MENTIONS: [path: string, reason: string][] = [
  ['src/cli/command-catalogue.ts', 'help'],
  ['src/cli/external-commands.ts', 'help'],
  ['src/cli/many-nodes-commands.ts', 'help'],
  ['src/config/cluster-keys.ts', 'describes keys'],
  ['src/config/renew-keys.ts', 'describes keys that concern one tool'],
  ['src/config/schema.ts', 'examples of values'],
  ['src/config/external-ca-keys.ts', 'describes keys that concern one tool'],
  ['src/config/user-keys.ts', 'names the prefix that Kubernetes clusters made by one tool keep for themselves'],
  ['src/cli/user-commands.ts', 'names the same prefix'],
  ['src/domain/external/', 'requests are for certificates that one tool made'],
  ['src/domain/names/', 'remedies are commands of the tool that makes the certificate'],
  ['src/host/kubeadm-config.ts', 'reads the file of one tool'],
  ['src/domain/decide/reasons.ts', 'the meaning of codes that begin with KUBEADM_ and K3S_'],
  ['src/domain/model/error-codes.ts', 'the meaning of codes that begin with KUBEADM_'],
  ['src/domain/model/in-place-errors.ts', 'the meaning of codes that only the way of K3s has'],
  ['src/domain/model/plan.ts', 'the step kind kubeadm-renew'],
  ['src/domain/plan/', 'the step kind kubeadm-renew'],
  ['src/renew/', 'the step kind kubeadm-renew'],
];

test('only the modules of the distributions name one, or decide on a role', async () => {
  const found = (await Promise.all((await outside()).map(namesIn))).flat();
  assert.deepEqual(found, [], 'Ask rulesOf() or roleOf() of src/domain/distributions/index.ts instead.');
});

test('texts outside the modules are composed of the distributions’ labels', async () => {
  const files = (await outside()).filter((file) => !MENTIONS.some(([path]) => file.startsWith(path)));
  const found = (await Promise.all(files.map(mentionsIn))).flat();
  assert.deepEqual(found, [], 'Use labelOf() or allLabels() of src/domain/distributions/names.ts instead.');
});

test('what names a distribution is found, and what only looks like it is not', () => {
  const source = `
    // kubeadm and 'k3s' in a comment
    const a = node.distribution === 'kubeadm';
    const b: 'rke2' | null = null;
    const c = { kubeadm: 1, k3s: 2 }[name];
    const d = \`K3s\`;
    const e = role === 'server' || role === 'x';
    switch (role) { case 'agent': break; }
    const limits = { kubeadm: 5 };
    const kind = 'kubeadm-renew';
    const server = 'server';`;
  const lines = (what: (path: string, source: string) => string[]) =>
    what('x.ts', source).map((line) => line.slice(line.indexOf(' ') + 1));
  assert.deepEqual(lines(names), ["'kubeadm'", "'rke2'", '{ kubeadm, k3s }', '`K3s`', "role 'server'", "role 'agent'"]);
  assert.deepEqual(lines(mentions), ["'kubeadm-renew'"]);
});

async function outside(): Promise<string[]> {
  const entries = await readdir(join(project, 'src'), { recursive: true });
  const files = entries.filter((name) => name.endsWith('.ts')).map((name) => join('src', name));
  return files.filter((file) => !MODULES.some((module) => file.startsWith(module)));
}

const namesIn = async (path: string) => names(path, await readFile(join(project, path), 'utf8'));
const mentionsIn = async (path: string) => mentions(path, await readFile(join(project, path), 'utf8'));

/** "file:line what" for each literal that is a distribution's name, each table by distribution, each question about a role. */
function names(path: string, source: string): string[] {
  return walk(path, source, (node) => {
    if (isText(node) && NAMES.has(node.text)) return node.getText();
    if (ts.isObjectLiteralExpression(node)) {
      const keys = node.properties.flatMap(({ name }) =>
        name !== undefined && NAMES.has(name.getText()) ? [name] : [],
      );
      if (keys.length > 1) return `{ ${keys.map((key) => key.getText()).join(', ')} }`;
    }
    return isText(node) && ROLES.has(node.text) && isCompared(node) ? `role ${node.getText()}` : null;
  });
}

/** "file:line what" for each text that holds a distribution's name as a word, and more. */
function mentions(path: string, source: string): string[] {
  return walk(path, source, (node) => {
    const isPart = ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
    if (!(isText(node) || isPart) || ts.isImportDeclaration(node.parent)) return null;
    return WORD.test(node.text) && !NAMES.has(node.text) ? node.getText() : null;
  });
}

function walk(path: string, source: string, what: (node: ts.Node) => string | null): string[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const text = what(node);
    if (text !== null) found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${text}`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const isText = (node: ts.Node): node is ts.StringLiteral | ts.NoSubstitutionTemplateLiteral =>
  ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node);

const EQUALITY = [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken];

function isCompared(node: ts.Node): boolean {
  const { parent } = node;
  return ts.isCaseClause(parent) || (ts.isBinaryExpression(parent) && EQUALITY.includes(parent.operatorToken.kind));
}
