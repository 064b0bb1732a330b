// Every -o json output, of real runs on throw-away nodes, against the schema that the packages install.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { Outputs } from '../../build/outputs.ts';
import { type JsonSchema, outputSchemas, schemaFiles } from '../../build/schemas.ts';
import { openInbox } from '../../demo/inbox.ts';
import { COMMANDS } from '../../src/cli/command-catalogue.ts';
import { OUTPUTS } from '../../src/cli/command-spec.ts';
import { exampleToml } from '../../src/config/example.ts';
import { parseToml } from '../../src/config/toml.ts';
import { remote } from '../../src/control/client.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { parseYaml } from '../../src/host/yaml.ts';
import { makeCluster } from '../../testnode/cluster.ts';
import type { TestNode } from '../../testnode/node.ts';
import { certagent } from '../cli/support.ts';
import { start, until } from '../daemon/process.ts';
import { configure, maintenance } from '../daemon/support.ts';
import { nodeFor } from '../testnode/support.ts';

type Name = keyof Outputs;

/** As installed a schema lets later versions add members; here each that it does not name is a fault. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  const isObject = inner.type === 'object' && typeof inner.properties === 'object';
  return isObject ? { additionalProperties: false, ...inner } : inner;
}

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const VALIDATORS = Object.fromEntries(
  Object.entries(outputSchemas()).map(([name, schema]) => [name, ajv.compile(closed(schema) as JsonSchema)]),
) as Record<Name, ValidateFunction>;

const seen = new Set<string>();

/** Runs a command with -o json; its output must be as the schema of that name says. */
async function valid(node: TestNode, name: Name, words: string[], exitCodes = [0]): Promise<unknown> {
  const { exitCode, stdout, stderr } = await certagent(new Root(node.root), [...words, '-o', 'json']);
  assert.ok(exitCode !== null && exitCodes.includes(exitCode), `${words.join(' ')}: ${exitCode} ${stderr}`);
  const text = name === 'error' ? stderr : stdout;
  const data = JSON.parse(text) as unknown;
  const validate = VALIDATORS[name];
  assert.ok(validate(data), `${words.join(' ')}: ${ajv.errorsText(validate.errors).slice(0, 2_000)}`);
  for (const command of COMMANDS) if (`${words.join(' ')} `.startsWith(`${command.name} `)) seen.add(command.name);
  return data;
}

const KINDS = [
  { kind: 'kubeadm', days: 60 },
  { kind: 'k3s-server', days: 60 },
  { kind: 'k3s-agent', days: 60 },
  { kind: 'kubeadm', days: -1 },
] as const;

for (const { kind, days } of KINDS)
  test(`${kind}, ${days} days left, without a daemon`, async (t) => {
    const node = await nodeFor(t, { kind, leafEnds: Date.now() + days * DAY });
    await configure(node, '[alerts]\nrepeat = "1s"\n');
    const status = await valid(node, 'status', ['status']);
    await valid(node, 'plan', ['plan']);
    await valid(node, 'plan', ['plan', '--now']);
    await valid(node, 'history', ['history']);
    await valid(node, 'backups', ['restore']);
    await valid(node, 'sync', ['sync', '--dry-run'], [0, 1]);
    await valid(node, 'config', ['config', 'check']);
    const [name] = (await valid(node, 'names', ['explain'])) as Outputs['names'];
    await valid(node, 'certificate', ['explain', name!]);
    await valid(node, 'code', ['explain', 'RENEWAL_BLOCKED']);
    await valid(node, 'doctor', ['doctor'], [0, 5, 6]);
    await valid(node, 'error', ['reload'], [3]);
    const yaml = await certagent(new Root(node.root), ['status', '-o', 'yaml']);
    assert.deepEqual(Object.keys(parseYaml(yaml.stdout) as object), Object.keys(status as object));
  });

test('what changes a node, beside its daemon', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() + 60 * DAY, speed: 0.02 });
  await node.start({ longRunning: true });
  const inbox = await openInbox();
  t.after(() => inbox.close());
  // Else the daemon itself renews while it is night.
  await configure(node, `mode = "observe"\n${maintenance('later')}`, inbox);
  const daemon = start(t, node);
  const ask = remote(new Root(node.root));
  await until(
    () => ask.status(),
    ({ nextCheckAt }) => nextCheckAt !== null,
    'the first check',
  );
  await valid(node, 'renew', ['renew'], [4]);
  await valid(node, 'mode', ['enable', '--yes']);
  await valid(node, 'mode', ['enable', '--yes']);
  await valid(node, 'reload', ['reload']);
  await valid(node, 'pause', ['pause', '--for', '1h', '--reason', 'x']);
  await valid(node, 'pause', ['resume']);
  await valid(node, 'pause', ['resume']);
  await valid(node, 'silence', ['alert', 'silence', 'CA_ENDING', '--for', '1d', '--reason', 'x']);
  await valid(node, 'silences', ['alert', 'silences']);
  await valid(node, 'unsilenced', ['alert', 'unsilence', 'CA_ENDING']);
  await valid(node, 'sinks', ['alert', 'test']);
  await valid(node, 'clock', ['clock', 'accept']);
  await valid(node, 'renew', ['renew'], [2]);
  await valid(node, 'renew', ['renew', 'nobody', '--yes'], [1, 2]);
  await valid(node, 'renew', ['renew', '--yes']);
  await valid(node, 'renew', ['renew', '--yes']);
  await valid(node, 'status', ['status']);
  const { attempts } = (await valid(node, 'history', ['history'])) as Outputs['history'];
  await valid(node, 'attempt', ['history', attempts[0]!.planId]);
  await valid(node, 'certificate', ['explain', 'apiserver']);
  await valid(node, 'code', ['explain', 'CA_ENDING']);
  await valid(node, 'doctor', ['doctor'], [0, 5, 6]);
  const { backups } = (await valid(node, 'backups', ['restore'])) as Outputs['backups'];
  await valid(node, 'outcome', ['restore', backups[0]!.id, '--yes'], [0, 1, 4]);
  await valid(node, 'mode', ['disable']);
  await valid(node, 'rehearsal', ['plan', '--rehearse'], [0, 5, 6]);
  await valid(node, 'fleet', ['fleet', await statusFile(node)], [0, 1, 2, 3]);
  await valid(node, 'version', ['version']);
  daemon.child.kill('SIGTERM');
  await daemon.ended;
});

test('a CA elsewhere: requests, and an answer that is refused', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() + 20 * DAY });
  await configure(node, '');
  await rm(join(node.root, 'etc/kubernetes/pki/ca.key'));
  await valid(node, 'requests', ['csr', 'apiserver']);
  const answer = join(node.root, 'answer.pem');
  await writeFile(answer, 'no certificate');
  await valid(node, 'outcome', ['install', answer], [4]);
});

test("a user's first certificate, which waits for an approval", async (t) => {
  const users = [{ name: 'nana', uid: process.getuid!(), gid: process.getgid!(), kubeconfig: 'none' as const }];
  const node = await nodeFor(t, { kind: 'kubeadm-external-etcd', leafEnds: Date.now() + 200 * DAY, users });
  await configure(node, 'mode = "renew"\n[clock]\nrequire_synchronized = false\n');
  await node.start({ longRunning: true });
  await valid(node, 'user', ['user', 'add', 'nana', '--expires', '90d'], [6]);
});

test('a cluster', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-schemas-'));
  const cluster = await makeCluster(directory, 1, { leafEnds: Date.now() + 200 * DAY });
  t.after(async () => {
    await cluster.remove();
    await rm(directory, { recursive: true, force: true });
  });
  const [node] = cluster.nodes;
  await node!.start({ longRunning: true });
  await valid(node!, 'cluster', ['status', '--cluster']);
});

test('every command with JSON was tried', () => {
  // journalctl's own JSON.
  const others = ['logs'];
  const withJson = COMMANDS.filter(({ outputs = OUTPUTS }) => outputs.includes('json'))
    .map(({ name }) => name)
    .filter((name) => !(others as string[]).includes(name));
  assert.deepEqual(
    withJson.filter((name) => !seen.has(name)),
    [],
  );
});

test('the schema of the configuration takes the example, and refuses a key that does not exist', () => {
  const schema = JSON.parse(schemaFiles()['usr/share/certagent/schemas/config-file.schema.json']!) as JsonSchema;
  const validate = ajv.compile(schema);
  const data = (text: string) => {
    const parsed = parseToml(text);
    return 'data' in parsed ? JSON.parse(JSON.stringify(parsed.data)) : assert.fail();
  };
  assert.ok(validate(data(exampleToml())), ajv.errorsText(validate.errors));
  assert.ok(!validate(data('[windows]\nopns = "90d"\n')));
  assert.ok(!validate(data('mode = "watch"\n')));
});

test('every output with times has version 2 of its schema, in which they are ISO 8601', () => {
  for (const [name, schema] of Object.entries(outputSchemas())) {
    const text = JSON.stringify(schema);
    const [, version] = /"schema":\{(?:[^{}]*,)?"const":"certagent\.[a-z]+\/(v\d)"/.exec(text) ?? [];
    if (version !== undefined) assert.equal(version, text.includes('"date-time"') ? 'v2' : 'v1', name);
  }
});

test('a schema describes data alone, not the methods of a string or an array', () => {
  assert.doesNotMatch(JSON.stringify(outputSchemas()), /"__@|"charCodeAt"|"forEach"/);
});

test('a validator of these schemas can fail', () => {
  assert.ok(!VALIDATORS.version({ version: 1 }));
  assert.ok(!VALIDATORS.version({ version: '1', more: 1 }));
  assert.ok(!VALIDATORS.status({ schema: 'certagent.status/v2' }));
  assert.ok(!VALIDATORS.clock({ at: 1, takenBack: null }));
});

async function statusFile(node: TestNode): Promise<string> {
  const { stdout } = await certagent(new Root(node.root), ['status', '-o', 'json']);
  const file = join(node.root, 'status.json');
  await writeFile(file, stdout);
  return file;
}
