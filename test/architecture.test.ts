import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { DISTRIBUTION_NAMES } from '../src/domain/distributions/names.ts';

const project = fileURLToPath(new URL('..', import.meta.url));
const LONGEST_FILE = 250;

test('the map in ARCHITECTURE.md names exactly the rooms and files at the top of src', async () => {
  const page = await readFile(join(project, 'ARCHITECTURE.md'), 'utf8');
  const entries = await readdir(join(project, 'src'), { withFileTypes: true });
  const there = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  assert.deepEqual(roomsOf(page).sort(), there.sort());
});

test(`no file of src is longer than ${LONGEST_FILE} lines`, async () => {
  const long: string[] = [];
  for (const path of await filesOf('src')) {
    const lines = (await readFile(join(project, path), 'utf8')).trimEnd().split('\n').length;
    if (lines > LONGEST_FILE) long.push(`${path}: ${lines}`);
  }
  assert.deepEqual(long, []);
});

/** Folders in which files of one name are about one thing. */
const SHARED_NAMES: { folders: string[]; why: string }[] = [
  { folders: ['domain/plan/steps', 'renew/steps'], why: 'the rule of a step kind, and its actor' },
  { folders: ['domain/alerts/kinds', 'domain/alerts/detect'], why: "an alert's entry, and what raises it" },
  {
    folders: ['domain/distributions', ...DISTRIBUTION_NAMES.map((name) => `observe/${name}`)],
    why: 'rules and observer',
  },
  { folders: ['sync', 'domain/cluster'], why: 'what is seen and remembered, of copies and of servers' },
  { folders: ['domain/model', 'cli/commands', 'cli/render'], why: 'the data, the command that shows it, its text' },
];

test('files of one name in two folders are about one thing', async () => {
  assert.deepEqual(ambiguousNames(await filesOf('src')), []);
});

test('a name with two meanings is found', () => {
  const twice = ['src/domain/plan/steps/cycle.ts', 'src/renew/steps/cycle.ts', 'src/a/index.ts', 'src/b/index.ts'];
  assert.deepEqual(ambiguousNames(twice), []);
  assert.deepEqual(ambiguousNames([...twice, 'src/sync/cycle.ts', 'src/renew/engine/run.ts', 'src/cli/run.ts']), [
    'cycle.ts: domain/plan/steps, renew/steps, sync',
    'run.ts: renew/engine, cli',
  ]);
});

test('the domain reads no clock, no process, no chance and prints nothing', async () => {
  const impure: string[] = [];
  for (const path of await filesOf('src/domain'))
    impure.push(...impurities(path, await readFile(join(project, path), 'utf8')));
  assert.deepEqual(impure, []);
});

test('impurities are found, and comments, texts and Dates of an argument are none', () => {
  const source = `
    // the process. Date.now() would be impure
    export const words = 'process.exit() console.log';
    export const pure = (now: number) => new Date(now).toISOString();
    export const field = { process: 1 }.process;
    export const clock = Date.now();
    export const today = new Date();
    export const dice = Math.random();
    console.log(process.pid);`;
  assert.deepEqual(
    impurities('x.ts', source).map((line) => line.slice(line.indexOf(' ') + 1)),
    ['Date.now', 'new Date()', 'Math.random', 'console', 'process'],
  );
});

/** One file a room, each with an import its room may not have, and the rule that must say so. */
const FORBIDDEN: [file: string, imported: string, rule: string][] = [
  ['src/domain/a.ts', 'node:fs', 'domain-imports-nothing'],
  ['src/domain/b.ts', '../host/files.ts', 'domain-imports-nothing'],
  ['src/config/a.ts', '../host/commands.ts', 'config-knows-domain'],
  ['src/host/a.ts', '../config/schema.ts', 'host-knows-domain'],
  ['src/observe/a.ts', '../renew/target.ts', 'working-rooms-do-not-meet'],
  ['src/renew/a.ts', '../daemon/target.ts', 'working-rooms-do-not-meet'],
  ['src/sync/a.ts', '../../testnode/target.ts', 'src-stands-alone'],
  ['src/alert/a.ts', 'node:child_process', 'processes-start-in-one-place'],
  ['src/alert/b.ts', '../main.ts', 'entries-are-not-imported'],
  ['src/control/a.ts', '../observe/a.ts', 'control-carries-domain-types'],
  ['src/control/client.ts', '../host/files.ts', 'control-client-is-light'],
  ['src/daemon/a.ts', '../cli/target.ts', 'daemon-wires'],
  ['src/cli/a.ts', '../observe/a.ts', 'cli-is-a-thin-client'],
  ['src/cli/run.ts', '../daemon/target.ts', 'cli-loads-the-rest-late'],
  ['src/cli/standalone.ts', '../renew/target.ts', 'cli-run-reaches-daemon'],
  ['src/main.ts', './daemon/target.ts', 'main-picks-a-role'],
  ['src/main.ts', './daemon/target.ts', 'main-loads-one-role'],
  ['src/sync/b.ts', './helper.ts', 'entries-are-not-imported'],
  ['testnode/a.ts', '../src/observe/a.ts', 'testnode-stands-apart'],
  ['demo/a.ts', '../src/observe/a.ts', 'demo-is-a-user'],
  ['src/host/b.ts', '../../test/target.ts', 'src-stands-alone'],
  ['src/observe/b.ts', 'yaml', 'one-importer-of-yaml'],
  ['src/observe/c.ts', '@peculiar/x509', 'one-importer-of-peculiar-x509'],
  ['src/host/watcher.ts', 'chokidar', 'heavy-packages-load-late'],
  ['src/host/c.ts', 'fast-check', 'shipped-code-uses-shipped-packages'],
  ['src/host/d.ts', './nowhere.ts', 'resolvable'],
];

test('each rule between the rooms refuses what it is there to refuse', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-rooms-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const targets = FORBIDDEN.map(([file, imported]) => (imported.startsWith('.') ? join(dirname(file), imported) : ''));
  for (const file of targets)
    if (file !== '' && !file.includes('nowhere')) await put(directory, file, 'export const target = 1;\n');
  for (const [file, imported] of FORBIDDEN) await put(directory, file, `import '${imported}';\n`);
  await put(directory, 'src/host/one.ts', "import type { Two } from './two.ts';\nexport type One = Two | 1;\n");
  await put(directory, 'src/host/two.ts', "import type { One } from './one.ts';\nexport type Two = One | 2;\n");
  for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.mjs', 'node_modules'])
    await symlink(join(project, name), join(directory, name));

  const checker = join(project, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const child = spawn(process.execPath, [checker, '--output-type', 'json', 'src', 'testnode', 'demo'], {
    cwd: directory,
  });
  const exit = once(child, 'exit');
  const output = await text(child.stdout);
  await exit;
  const violations = (
    JSON.parse(output) as { summary: { violations: { from: string; rule: { name: string } }[] } }
  ).summary.violations.map((violation) => `${violation.from}: ${violation.rule.name}`);
  const expected = [...FORBIDDEN.map(([file, , rule]) => `${file}: ${rule}`), 'src/host/one.ts: no-cycles'];
  const missed = expected.filter((line) => !violations.includes(line));
  assert.deepEqual(missed, []);
});

/** Names one level below `src/` in the page's fenced map. */
function roomsOf(page: string): string[] {
  const map = page.match(/^```\w*\n(src\/\n[\s\S]*?)^```$/m)?.[1];
  assert.ok(map, 'ARCHITECTURE.md has no fenced map that begins with "src/"');
  const below = map.slice('src/\n'.length).split(/^\S/m)[0] ?? '';
  return [...below.matchAll(/^ {2}(\S+)/gm)].map((match) => match[1] as string);
}

/** "name: folders" of each file name that is in folders which may not share names. */
function ambiguousNames(paths: string[]): string[] {
  const folders = new Map<string, string[]>();
  for (const path of paths) {
    const name = basename(path);
    folders.set(name, [...(folders.get(name) ?? []), dirname(path).slice('src/'.length)]);
  }
  return [...folders].flatMap(([name, all]) => {
    const mayShare =
      name === 'index.ts' || SHARED_NAMES.some((group) => all.every((folder) => group.folders.includes(folder)));
    return all.length === 1 || mayShare ? [] : [`${name}: ${all.join(', ')}`];
  });
}

/** Paths of the TypeScript files below a directory of the project, as seen from the project. */
async function filesOf(directory: string): Promise<string[]> {
  const entries = await readdir(join(project, directory), { recursive: true });
  return entries.filter((name) => name.endsWith('.ts')).map((name) => join(directory, name));
}

const AMBIENT = new Set(
  'process console globalThis global performance crypto fetch Buffer require setTimeout setInterval setImmediate queueMicrotask'.split(
    ' ',
  ),
);

/** "file:line what" for each use of something that is neither an argument nor the language. */
function impurities(path: string, source: string): string[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const what = impurity(node);
    if (what !== null) found.push(`${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${what}`);
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function impurity(node: ts.Node): string | null {
  if (ts.isPropertyAccessExpression(node) && /^(Date\.now|Math\.random)$/.test(node.getText())) return node.getText();
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) return 'new Date()';
  if (!ts.isIdentifier(node) || !AMBIENT.has(node.text)) return null;
  const isName =
    (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) ||
    ((ts.isPropertyAssignment(node.parent) || ts.isPropertySignature(node.parent)) && node.parent.name === node);
  return isName ? null : node.text;
}

async function put(directory: string, file: string, content: string): Promise<void> {
  await mkdir(dirname(join(directory, file)), { recursive: true });
  await writeFile(join(directory, file), content);
}
