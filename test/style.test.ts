import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { alertManual, commandManual, configManual } from '../build/manual.ts';

const project = fileURLToPath(new URL('..', import.meta.url));

/**
 * Phrases that text for users does not hold, and what to write instead. docs/STYLE.md says how we write.
 * Identifiers, JSON keys and values without a blank are not text.
 */
const BANNED: [phrase: RegExp, instead: string][] = [
  [/\b(?:of|from|the ones?) before\b(?! (?:a|an|the|it|them|this|that|certagent)\b)/, 'previous'],
  [/\b(?:is|are|was|were|be|been) told\b|\btold\b|\btells?\b/, 'reports; asked to, for an instruction'],
  [/\bgoes on standing\b|\bwhat stood\b|\b(?:still )?stands? until\b|\bstill stands?\b/, 'stays active'],
  [/\b(?:certificates?|CAs?|leaf|leaves|one) (?:has |have |had )?end(?:s|ed|ing)?\b/, 'expires, expired'],
  [/\bend(?:s|ed) (?:in )?(?:\d|…)|\bend(?:s|ed) … ago\b|\bhas ended\b|\bhave ended\b/, 'expires in, expired … ago'],
  [/\b(?:is|are|was|were) no\b(?! (?:longer|more)\b)(?<!\bthere (?:is|are|was|were) no)/i, 'is not a …, has no …'],
  [/\blook(?:s|ed|ing)? at\b/i, 'check, read'],
  [/\banew\b/, 'again'],
  [/(?<!renew\.)\bcycl(?:es?|ed|ing)\b(?! = )/, 'restart'],
  [/\b(?:the |your |its )?(?:old|former) (?:certificates?|ones?|file|configuration|credentials|CA)\b/, 'previous'],
  [/(?:^|[.;:(] ?)say (?!why|what|so|how)/i, 'use, write'],
  [/\bby itself\b.*\bnobody\b|\bnobody renews\b/, 'certagent does not renew it'],
  [/\bbesides\b/, 'also, beside'],
  [/\bmore and more seldom\b|\bthink of\b.* as\b|\bwhoever\b|\bfor nothing\b/, 'plain words'],
];

test('no text for users holds a banned phrase', async () => {
  const found: string[] = [];
  for (const { name, text } of [...(await sourceTexts()), ...(await pages()), ...manuals()])
    found.push(...violations(text).map((violation) => `${name}: ${violation}`));
  assert.deepEqual(found, []);
});

test('banned phrases are found in texts, and only there', () => {
  const source = `
    // the certificates of before are told
    export const told = 'told';
    export const whole = \`the certificates \${told} of \` + 'before are in force';
    import 'told you so';
    export const fine = { told: 'what the previous certificate serves' };`;
  const texts = textsOf('x.ts', source);
  assert.deepEqual(
    texts.flatMap(({ name, text }) => violations(text).map(() => name)),
    ['x.ts:4'],
  );
  for (const text of [
    'There is no node here.',
    'It is no longer served.',
    'restore what was there, from before the act',
  ])
    assert.deepEqual(violations(text), []);
  for (const text of ['x is no valid TOML', 'it ends in 20 d', 'what stood goes on standing', 'Say -o json.'])
    assert.notDeepEqual(violations(text), [], text);
});

type Text = { name: string; text: string };

function violations(text: string): string[] {
  const plain = text.replace(/\s+/g, ' ');
  return BANNED.flatMap(([phrase, instead]) => {
    const match = phrase.exec(plain);
    if (match === null) return [];
    const around = plain.slice(Math.max(match.index - 40, 0), match.index + match[0].length + 40);
    return [`"${match[0]}" (write: ${instead}) in "${around}"`];
  });
}

async function sourceTexts(): Promise<Text[]> {
  const texts: Text[] = [];
  for (const directory of ['src', 'demo'])
    for (const name of await readdir(join(project, directory), { recursive: true }))
      if (name.endsWith('.ts'))
        texts.push(...textsOf(`${directory}/${name}`, await readFile(join(project, directory, name), 'utf8')));
  return texts;
}

/** The pages, the example, what packages hold. docs/STYLE.md shows the phrases, so it may hold them. */
async function pages(): Promise<Text[]> {
  const top = (await readdir(project)).filter((name) => name.endsWith('.md'));
  const names = [...top, 'config.example.toml'];
  for (const directory of ['docs', 'packaging', 'systemd'])
    for (const entry of await readdir(join(project, directory), { recursive: true, withFileTypes: true }))
      if (entry.isFile() && !/^STYLE\.md$|\.svg$/.test(entry.name))
        names.push(join(entry.parentPath.slice(project.length), entry.name));
  const texts: Text[] = [];
  for (const name of names) texts.push(...paragraphs(name, await readFile(join(project, name), 'utf8')));
  return texts;
}

function manuals(): Text[] {
  const all = {
    'certagent(8)': commandManual('0'),
    'certagent.toml(5)': configManual('0'),
    'certagent-alerts(7)': alertManual('0'),
  };
  return Object.entries(all).flatMap(([name, page]) => paragraphs(name, page));
}

/** Paragraphs with the line they begin at: a phrase may be broken over two lines, and comment signs lie between. */
function paragraphs(name: string, page: string): Text[] {
  const texts: Text[] = [];
  let line = 1;
  for (const text of page.split(/\n(?=\s*(?:#\s*)?\n|\||[-\d]|\.[A-Z])/)) {
    texts.push({ name: `${name}:${line}`, text: text.replace(/^\s*#+ ?/gm, '').replaceAll('\\-', '-') });
    line += text.split('\n').length;
  }
  return texts;
}

/** The texts of a source file: string literals and templates, joined where `+` joins them, with … for what is put in. */
function textsOf(path: string, source: string): Text[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const texts: Text[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    const text = textOf(node);
    if (text === null) {
      ts.forEachChild(node, visit);
      return;
    }
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    if (text.trim().includes(' ')) texts.push({ name: `${path}:${line}`, text });
    putIn(node, visit);
  };
  visit(file);
  return texts;
}

function textOf(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isTemplateExpression(node))
    return node.head.text + node.templateSpans.map((span) => `…${span.literal.text}`).join('');
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return null;
  const [left, right] = [textOf(node.left), textOf(node.right)];
  return left === null && right === null ? null : (left ?? '…') + (right ?? '…');
}

/** Visits the expressions within a text: they may hold texts of their own. */
function putIn(node: ts.Node, visit: (node: ts.Node) => void): void {
  if (ts.isTemplateExpression(node)) for (const span of node.templateSpans) visit(span.expression);
  if (ts.isBinaryExpression(node))
    for (const side of [node.left, node.right]) textOf(side) === null ? visit(side) : putIn(side, visit);
}
