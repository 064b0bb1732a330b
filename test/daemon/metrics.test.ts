import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsOf } from '../../src/daemon/metrics.ts';
import { alert } from '../alert/support.ts';
import { report } from '../cli/reports.ts';

test('every series has the labels of the configuration, and keeps its own where the names are the same', () => {
  const labels = { site: 'os"lo', code: 'mine' };
  const alerts = [{ alert: alert(), since: null, lastSentAt: null }];
  const text = metricsOf(report({ labels, alerts }));
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.ok(series.length > 3);
  for (const line of series) assert.match(line, /[{,]site="os\\"lo"[,}]/);
  assert.match(
    text,
    /^certagent_alert\{site="os\\"lo",code="CERTIFICATE_EXPIRED",severity="critical",subject="node"\} 1$/m,
  );
});
