// Debian's Prometheus, promtool and node_exporter: what they make of the metrics, of our rules and of our dashboard.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { metricsOf } from '../../src/daemon/metrics.ts';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { alert } from '../alert/support.ts';
import { report, row } from '../cli/reports.ts';
import { eventually } from '../testnode/support.ts';

const inProject = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const RULES = inProject('packaging/prometheus/certagent.rules.yml');
const DASHBOARD = inProject('packaging/grafana/certagent.json');
const needs = (...programs: string[]) => {
  const missing = programs.filter((program) => spawnSync(program, ['--version']).error !== undefined);
  return {
    skip:
      missing.length === 0
        ? false
        : `${missing.join(', ')} not installed (Debian: prometheus, prometheus-node-exporter)`,
  };
};

/** What is wrong with a node on which everything that the rules know is wrong, as it is at this moment. */
function troubled(): StatusReport {
  const now = Date.now();
  const shift = (id: string, days: number) => {
    const one = row(id, 0);
    return {
      ...one,
      certificate: {
        ...one.certificate,
        notBefore: now - 300 * DAY,
        notAfter: now + days * DAY,
        serial: `0${Math.abs(days)}`,
      },
    };
  };
  const endpoint = { name: 'kube-apiserver', host: '127.0.0.1', port: 6443, expects: 'apiserver' } as const;
  const inUser = {
    ...shift('k3s.yaml', 40),
    place: { kind: 'kubeconfig', path: '/etc/rancher/k3s/k3s.yaml', entry: 'user', name: 'default', index: 0 } as const,
  };
  return report({
    at: now,
    checkedAt: now - 2 * DAY,
    nextCheckAt: now,
    certificates: [shift('apiserver', -1), shift('etcd-server', 5), shift('admin.conf', 20), inUser],
    findings: [{ path: '/a', id: null, owner: 'kubeadm', reason: 'empty', detail: '' }],
    alerts: [
      { alert: alert(), since: null, lastSentAt: null },
      { alert: alert({ severity: 'warning', code: 'SINK_FAILING', subject: 'chat' }), since: null, lastSentAt: null },
    ],
    served: [{ endpoint, state: 'stale', certificate: { serial: '1', fingerprint: '', notAfter: 0, subject: '' } }],
    configError: 'line 3',
    failingSinks: ['chat'],
    lastAttempt: {
      planId: 'p',
      startedAt: now,
      endedAt: now,
      result: 'succeeded',
      trigger: 'manual',
      error: null,
      granted: [],
    },
  });
}

async function scratch(t: TestContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-prometheus-'));
  t.after(() => rm(directory, { recursive: true, force: true, maxRetries: 5 }));
  return directory;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function start(t: TestContext, program: string, argv: string[], ready: string): Promise<void> {
  const child = spawn(program, argv, { stdio: 'ignore' });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await eventually(async () => (await fetch(ready)).ok);
}

test('promtool finds nothing to say about the metrics', needs('promtool'), async () => {
  for (const status of [report(), troubled()]) {
    const input = await metricsOf(status, { empty: 1 });
    const { status: code, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    // These names are not ours to choose.
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !/^x509_/.test(line));
    assert.deepEqual(complaints, []);
    assert.ok(code === 0 || code === 3, `${code}`);
  }
});

test(
  'the rules fire for a troubled node, through node_exporter and Prometheus; no query of the dashboard is empty',
  needs('prometheus', 'promtool', 'prometheus-node-exporter'),
  async (t) => {
    const directory = await scratch(t);
    await mkdir(join(directory, 'textfile'));
    await writeFile(join(directory, 'textfile/certagent.prom'), await metricsOf(troubled(), { empty: 1 }));
    const [exporter, port] = [await freePort(), await freePort()];
    await start(
      t,
      'prometheus-node-exporter',
      [
        `--web.listen-address=127.0.0.1:${exporter}`,
        '--collector.disable-defaults',
        '--collector.textfile',
        `--collector.textfile.directory=${join(directory, 'textfile')}`,
      ],
      `http://127.0.0.1:${exporter}/metrics`,
    );
    assert.match(await (await fetch(`http://127.0.0.1:${exporter}/metrics`)).text(), /^node_textfile_scrape_error 0$/m);
    // The same rules, without the time for which each must hold.
    await writeFile(join(directory, 'rules.yml'), (await readFile(RULES, 'utf8')).replaceAll(/for: \S+/g, 'for: 0s'));
    await writeFile(
      join(directory, 'prometheus.yml'),
      `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs: [{job_name: node, static_configs: [{targets: ["127.0.0.1:${exporter}"]}]}]`,
    );
    const address = `http://127.0.0.1:${port}`;
    await start(
      t,
      'prometheus',
      [
        `--config.file=${join(directory, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      `${address}/-/ready`,
    );
    const query = async (expression: string): Promise<unknown[]> => {
      const answer = await fetch(`${address}/api/v1/query?query=${encodeURIComponent(expression)}`);
      return ((await answer.json()) as { data: { result: unknown[] } }).data.result;
    };
    const rules = [...(await readFile(RULES, 'utf8')).matchAll(/alert: (\w+)/g)].map(([, name]) => name!);
    await eventually(async () => {
      const firing = (await query('ALERTS{alertstate="firing"}')) as { metric: { alertname: string } }[];
      const names = new Set(firing.map(({ metric }) => metric.alertname));
      return rules.every((rule) => names.has(rule));
    });
    const own = [...(await readFile(DASHBOARD, 'utf8')).matchAll(/"expr": "((?:[^"\\]|\\.)*)"/g)];
    assert.ok(own.length >= 9);
    for (const [, json] of own) {
      const expression = (JSON.parse(`"${json}"`) as string).replaceAll('$instance', '.*');
      assert.ok((await query(expression)).length > 0, expression);
    }
    for (const expression of EXPORTER) assert.ok((await query(expression)).length > 0, expression);
  },
);

/** How dashboard 13922 and the rules of x509-certificate-exporter ask for certificates in files. */
const EXPORTER = [
  'count(x509_cert_not_after{filepath!="",embedded_key!=""})',
  'count(x509_cert_not_after{filepath!="",embedded_key=""})',
  'sort(((x509_cert_not_after{filepath!=""} - time()) / 86400) < 30)',
  'bottomk(10, (x509_cert_not_after{filepath!=""} - x509_cert_not_before) / 86400)',
  'topk(10, sort_desc(count by (issuer_CN) (x509_cert_not_after)))',
  'sum(x509_source_errors_total)',
  'x509_read_errors > 0',
  '(x509_cert_not_after - time()) < (28 * 86400) and (x509_cert_not_after - time()) > 0',
  '(x509_cert_not_after - time()) < (14 * 86400)',
];
