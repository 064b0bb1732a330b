import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseYaml } from '../../../src/host/yaml.ts';
import { ANNOTATION, annotate } from '../../../src/renew/components/annotation.ts';

const AT = '2026-11-24T02:14:00.000Z';
const LINE = `${ANNOTATION}: "${AT}"`;

const cases: { what: string; before: string; after: string }[] = [
  {
    what: 'adds it before the others, with their indentation',
    before: 'kind: Pod\nmetadata:\n  annotations:\n    a: b # why\n  name: x\n',
    after: `kind: Pod\nmetadata:\n  annotations:\n    ${LINE}\n    a: b # why\n  name: x\n`,
  },
  {
    what: 'replaces an earlier one, whatever its quoting',
    before: `metadata:\n  annotations:\n    a: b\n    ${ANNOTATION}: '2025'   # last time\n  name: x\n`,
    after: `metadata:\n  annotations:\n    a: b\n    ${LINE}   # last time\n  name: x\n`,
  },
  {
    what: 'makes the map where there is none',
    before: 'metadata:\n  creationTimestamp: null\n  name: x\nspec: {}\n',
    after: `metadata:\n  annotations:\n    ${LINE}\n  creationTimestamp: null\n  name: x\nspec: {}\n`,
  },
  {
    what: 'fills an empty value',
    before: 'metadata:\n  annotations:\n  name: x\n',
    after: `metadata:\n  annotations: {"${ANNOTATION}": "${AT}"}\n  name: x\n`,
  },
  {
    what: 'replaces null',
    before: 'metadata:\n  annotations: null\n  name: x\n',
    after: `metadata:\n  annotations: {"${ANNOTATION}": "${AT}"}\n  name: x\n`,
  },
  {
    what: 'fills an empty flow map',
    before: 'metadata:\n  annotations: {}\n',
    after: `metadata:\n  annotations: {"${ANNOTATION}": "${AT}"}\n`,
  },
  {
    what: 'writes into a flow map',
    before: 'metadata: {name: x, annotations: {a: b}}\n',
    after: `metadata: {name: x, annotations: {"${ANNOTATION}": "${AT}", a: b}}\n`,
  },
  {
    what: 'edits a manifest in JSON',
    before: '{"kind":"Pod","metadata":{"name":"x"}}',
    after: `{"kind":"Pod","metadata":{"annotations": {"${ANNOTATION}": "${AT}"}, "name":"x"}}`,
  },
  {
    what: 'keeps Windows line breaks, comments and a missing final newline',
    before: '# mine\r\nmetadata:\r\n  annotations:\r\n    a: b\r\n  name: x',
    after: `# mine\r\nmetadata:\r\n  annotations:\r\n    ${LINE}\r\n    a: b\r\n  name: x`,
  },
  {
    what: 'keeps comments above the first annotation and multi-line values',
    before: 'metadata:\n  annotations:\n    # first\n\n    a: |\n      text\n       more\n\n  name: x\n',
    after: `metadata:\n  annotations:\n    # first\n\n    ${LINE}\n    a: |\n      text\n       more\n\n  name: x\n`,
  },
];

describe('annotate', () => {
  for (const { what, before, after } of cases) {
    it(what, () => {
      assert.equal(annotate(before, AT), after);
      const metadata = (parseYaml(after) as { metadata: { annotations: Record<string, string> } }).metadata;
      assert.equal(metadata.annotations[ANNOTATION], AT);
    });
  }

  it('changes the text when only the time differs, and nothing but the time', () => {
    const once = annotate('metadata:\n  name: x\n', AT);
    const later = annotate(once, '2027-01-01T00:00:00.000Z');
    assert.equal(later, once.replace(AT, '2027-01-01T00:00:00.000Z'));
  });

  for (const text of [
    '',
    'kind: Pod\n',
    'metadata: 3\n',
    'metadata:\n  annotations: text\n',
    '- a\n',
    'a: [\n',
    'a: 1\n---\nb: 2\n',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => annotate(text, AT), { name: 'CertagentError' });
    });
});
