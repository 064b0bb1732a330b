import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLine } from '../../src/cli/progress.ts';
import type { Progress } from '../../src/domain/model/journal.ts';

/** What a stream was given; with `columns` it is a terminal. */
function stream(columns?: number): { stderr: NodeJS.WriteStream; text(): string } {
  let text = '';
  const write = (more: string) => {
    text += more;
    return true;
  };
  return { stderr: { isTTY: columns !== undefined, columns, write } as never, text: () => text };
}

const step = (change: Partial<Progress>): Progress => ({
  planId: 'p',
  step: 8,
  steps: 12,
  title: 'cycle etcd',
  state: 'started',
  detail: '',
  ...change,
});

test('without a terminal each step prints a line when it starts and one when it is done', () => {
  const out = stream();
  const line = progressLine(out);
  line.show(step({}));
  line.show(step({ state: 'waiting', detail: 'the old process is there' }));
  line.show(step({ state: 'done', detail: 'back after 3 s' }));
  line.show(step({ step: 9, title: 'cycle kube-scheduler' }));
  line.show(step({ step: 9, title: 'cycle kube-scheduler', state: 'failed', detail: 'never came back' }));
  line.show(step({ state: 'undone' }));
  line.end();
  assert.equal(
    out.text(),
    [
      '[ 9/12] cycle etcd',
      '        done: back after 3 s',
      '[10/12] cycle kube-scheduler',
      '[10/12] failed: cycle kube-scheduler (never came back)',
      '[ 9/12] undone: cycle etcd',
      '',
    ].join('\n'),
  );
});

test('on a terminal one line is redrawn, never wider than the terminal, and removed afterwards', () => {
  const out = stream(30);
  const line = progressLine(out);
  line.show(step({}));
  line.show(step({ state: 'waiting', detail: 'the old process is still there' }));
  line.end();
  const drawn = out.text().split('\r\u001b[2K');
  assert.deepEqual(drawn, ['', 'step 9 of 12: cycle etcd', 'step 9 of 12: cycle etcd, wai', '']);
});

test('on a terminal a failure stays to be read', () => {
  const out = stream(80);
  const line = progressLine(out);
  line.show(step({ state: 'failed', detail: 'never came back' }));
  line.end();
  assert.match(out.text(), /FAILED \(never came back\)\n/);
});
