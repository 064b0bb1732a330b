import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { currentEntries, parseKubeconfig } from '../../src/host/kubeconfig.ts';
import { replaceValues } from '../../src/host/kubeconfig-edit.ts';
import { Root } from '../../src/host/root.ts';
import { parseYaml } from '../../src/host/yaml.ts';
import { readSources } from '../../src/observe/read-sources.ts';
import { source } from '../../src/observe/source.ts';
import { readContent } from '../../src/sync/copy-content.ts';
import { mutatedText } from './mutate.ts';
import { samples } from './samples.ts';
import { directoryFor, fuzz, refusal } from './support.ts';
import { data, style, yamlText } from './yaml.ts';

const CODES = ['BAD_YAML', 'BAD_KUBECONFIG', 'COPY_NOT_EDITABLE'];

/** A kubeconfig in outline, whose parts are anything. */
const generated = fc
  .tuple(
    fc.record(
      {
        kind: fc.oneof({ weight: 9, arbitrary: fc.constant('Config') }, data),
        users: listOf('user', ['client-certificate-data', 'client-key-data', 'token', 'client-certificate']),
        clusters: listOf('cluster', ['certificate-authority-data', 'server']),
        contexts: listOf('context', ['user', 'cluster']),
        'current-context': data,
      },
      { requiredKeys: ['kind'] },
    ),
    style,
  )
  .map(([config, how]) => yamlText(config, how));

function listOf(body: string, keys: string[]) {
  const entry = fc.record(
    {
      name: fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), data),
      [body]: fc.dictionary(fc.constantFrom(...keys), data, { maxKeys: 3, noNullPrototype: true }),
    },
    { requiredKeys: [] },
  );
  return fc.oneof({ weight: 5, arbitrary: fc.array(entry, { maxLength: 3 }) }, data);
}

test('kubeconfigs, changed or made up, are read or refused with a code', async (t) => {
  const { kubeconfigs } = await samples();
  await fuzz(t, 600, fc.oneof(mutatedText(kubeconfigs), generated), (text) => {
    const refused = refusal(() => currentEntries(parseKubeconfig(text)));
    if (refused !== null) assert.ok(CODES.includes(refused.code), refused.code);
    // The helper's reading of users' copies.
    const copy = refusal(() => {
      const content = readContent(text);
      const index = content.users.findIndex(({ certificate }) => certificate !== null);
      if (index === -1) return;
      const edited = replaceValues(text, [{ list: 'users', index, key: 'client-certificate-data', data: 'QUJD' }]);
      assert.equal(readContent(edited).users[index]?.certificate?.trim(), 'QUJD');
    });
    if (copy !== null) assert.ok(CODES.includes(copy.code), copy.code);
  });
});

test('any generated data comes back from YAML as it was', async (t) => {
  await fuzz(t, 500, fc.tuple(data, style), ([value, how]) => {
    const text = yamlText(value, how);
    const refused = refusal(() => assert.deepEqual(parseYaml(text), JSON.parse(JSON.stringify(value))));
    if (refused !== null) assert.equal(refused.code, 'BAD_YAML');
  });
});

test('whatever lies where certificates should be is a certificate or a finding that names the file', async (t) => {
  const { kubeconfigs, leaves, dynamicCert } = await samples();
  const root = new Root(directoryFor(t));
  mkdirSync(root.at('/d'));
  const key = leaves[0]!.keyPem;
  const secret = key.split('\n')[2]!;
  const formats = ['any', 'pem', 'kubeconfig', 'dynamic-cert'] as const;
  const texts = [...kubeconfigs, dynamicCert, ...leaves.map(({ certificatePem, keyPem }) => certificatePem + keyPem)];
  // A text that looks half-written is read three more times, with pauses: only some inputs, and many files at once.
  const many = fc.array(fc.tuple(fc.oneof(mutatedText(texts), generated), fc.constantFrom(...formats)), {
    minLength: 30,
    maxLength: 30,
  });
  await fuzz(t, 4, many, async (files) => {
    for (const [index, [text]] of files.entries()) writeFileSync(root.at(`/d/${index}`), text);
    const sources = files.map(([, format], index) =>
      source({
        id: `id${index}`,
        path: `/d/${index}`,
        format,
        owner: 'operator',
        key: { path: '/d/none', expected: true },
      }),
    );
    for (const { finding, certificates, source: of } of await readSources(root, sources)) {
      if (finding !== null) assert.equal(finding.path, of.path);
      const told = JSON.stringify([finding, certificates.map(({ der: _, ...rest }) => rest)]);
      assert.ok(!told.includes(secret));
      for (const { id } of certificates) assert.doesNotMatch(id, /\p{Cc}/u);
      assert.doesNotMatch(finding?.detail ?? '', /\p{Cc}/u);
      assert.ok((finding?.detail ?? '').length < 600);
    }
  });
});

test('nothing of the text gets to standard error as a warning', async (t) => {
  const warnings: string[] = [];
  const note = (warning: Error) => warnings.push(warning.message);
  process.on('warning', note);
  t.after(() => process.off('warning', note));
  for (const text of ['{secret: x}: 1\n', '? [secret]\n: 1\n', 'a: !secret x\n', '%secret x\n---\na: 1\n'])
    refusal(() => parseYaml(text));
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
});
