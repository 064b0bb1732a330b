import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { parseYaml } from '../../src/host/yaml.ts';
import { readManifests } from '../../src/observe/manifests.ts';
import { names as namesIn } from '../../src/observe/node-files.ts';
import { ANNOTATION, annotate } from '../../src/renew/components/annotation.ts';
import { makeNode } from '../../testnode/node.ts';
import { mutatedText } from './mutate.ts';
import { directoryFor, fuzz, refusal } from './support.ts';
import { data, map, style, yamlText } from './yaml.ts';

const AT = '2026-11-24T02:14:00.000Z';
type Pod = { metadata: { annotations?: Record<string, unknown> | null } & Record<string, unknown> };

/** The pod as it should be after the edit: the same, and one annotation. */
function expected(before: Pod): unknown {
  return {
    ...before,
    metadata: { ...before.metadata, annotations: { ...before.metadata.annotations, [ANNOTATION]: AT } },
  };
}

function assertOnlyAnnotated(text: string): boolean {
  let edited = '';
  if (refusal(() => (edited = annotate(text, AT))) !== null) return false;
  assert.deepEqual(parseYaml(edited), expected(parseYaml(text) as Pod));
  // What was added or exchanged is one stretch of the text: the rest is byte for byte what it was.
  const [start, end] = stretch(text, edited);
  assert.ok(edited.slice(start, edited.length - end).length <= 200 + text.slice(start, text.length - end).length);
  return true;
}

function stretch(a: string, b: string): [number, number] {
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return [start, end];
}

const annotations = fc.option(
  fc.oneof(
    fc.dictionary(fc.string({ maxLength: 10 }), fc.string({ unit: 'binary', maxLength: 10 }), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
    fc.constant({ [ANNOTATION]: '2025-01-01T00:00:00.000Z' }),
    fc.constant(null),
    fc.constant({}),
  ),
  { nil: undefined },
);
const pod = fc.tuple(map, map, annotations).map(([top, metadata, given]) => {
  const { annotations: _, ...rest } = metadata;
  return { ...top, metadata: given === undefined ? { ...rest, name: 'x' } : { ...rest, annotations: given } };
});

test('a generated manifest, in whatever style, gets the annotation and nothing else', async (t) => {
  let edited = 0;
  await fuzz(t, 400, fc.tuple(pod, style), ([given, how]) => {
    if (assertOnlyAnnotated(yamlText(given, how))) edited += 1;
  });
  t.diagnostic(`${edited} of them edited, the others refused`);
  assert.ok(edited > 0);
});

test('a changed real manifest is edited in one place or refused', async (t) => {
  const texts = await realManifests(directoryFor(t));
  await fuzz(t, 200, mutatedText(texts), (text) => void assertOnlyAnnotated(text));
});

test('pods are read from anything that lies in the manifests directory', async (t) => {
  const directory = directoryFor(t);
  const root = new Root(join(directory, 'image'));
  mkdirSync(root.at('/m'), { recursive: true });
  const texts = await realManifests(directory);
  const container = fc.record({
    command: fc.oneof(data, fc.array(fc.constantFrom('etcd', 'kube-apiserver', '--secure-port=1'))),
    livenessProbe: data,
    ports: data,
  });
  const generated = fc
    .tuple(fc.array(container, { maxLength: 3 }), style)
    .map(([containers, how]) => yamlText({ spec: { containers } }, how));
  await fuzz(t, 250, fc.oneof(mutatedText(texts, 4), generated), async (text) => {
    writeFileSync(root.at('/m/etcd.yaml'), text);
    for (const { flags, health } of (await readManifests(root, '/m')).pods) {
      assert.ok(flags instanceof Map);
      if (health !== null) assert.ok(Number.isInteger(health.port) && health.path.startsWith('/'));
    }
  });
});

async function realManifests(directory: string): Promise<string[]> {
  const node = await makeNode({ root: join(directory, 'node'), kind: 'kubeadm', leafEnds: Date.now() + 200 * DAY });
  const root = new Root(node.root);
  const files = await namesIn(root, '/etc/kubernetes/manifests');
  const texts = files.map((name) => readFileSync(root.at(`/etc/kubernetes/manifests/${name}`), 'utf8'));
  await node.remove();
  assert.ok(texts.length >= 4);
  return texts;
}
