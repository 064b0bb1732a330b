import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { startReason, waitsForItself } from '../../../src/domain/distributions/start-reasons.ts';

const EXPIRED =
  'time="2026-11-27T05:25:06Z" level=error msg="Failed to validate connection to cluster at https://127.0.0.1:6443: CA cert validation failed: Get \\"https://127.0.0.1:6443/cacerts\\": tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-27T05:25:06Z is after 2026-11-26T05:15:41Z"';
const exited = (component: string) =>
  `time="2026-11-27T05:03:14Z" level=error msg="Shutdown request received: \\"${component} exited: tls: failed to find any PEM data in certificate input\\""`;
const CA = '/var/lib/rancher/k3s/server/tls/client-ca';

const table: [string, string | null, RegExp?, RegExp?][] = [
  [EXPIRED, 'LISTENER_EXPIRED', /own listener/, /dynamic-cert-regenerate/],
  [EXPIRED.replaceAll('127.0.0.1:6443', '127.0.0.1:9345'), 'LISTENER_EXPIRED'],
  [
    EXPIRED.replaceAll('127.0.0.1:6443', '10.0.0.2:6443'),
    'OTHER_SERVER_EXPIRED',
    /10\.0\.0\.2:6443/,
    /10\.0\.0\.2:6443 first/,
  ],
  [EXPIRED.replaceAll('127.0.0.1:6443', '[fd00::2]:6443'), 'OTHER_SERVER_EXPIRED', /\[fd00::2\]:6443/],
  [EXPIRED.replace(/x509: .*/, 'x509: certificate signed by unknown authority"'), null],
  [
    'level=error msg="Failed to validate connection to cluster at https://10.0.0.2:6443: failed to get CA certs: dial tcp 10.0.0.2:6443: connect: connection refused"',
    'SERVER_UNREACHABLE',
    /10\.0\.0\.2:6443, which does not answer/,
    /^Bring 10\.0\.0\.2:6443 back/,
  ],
  [
    'level=error msg="Failed to validate connection to cluster at https://127.0.0.1:6443: dial tcp 127.0.0.1:6443: connect: connection refused"',
    null,
  ],
  [
    `level=fatal msg="${CA}.crt, ${CA}.key newer than datastore and could cause a cluster outage. Remove the file(s) from disk and restart to be recreated from datastore."`,
    'CA_NEWER_THAN_DATASTORE',
    /client-ca\.crt, \/var\/\S+client-ca\.key differ/,
    /^See who changed \S+client-ca\.crt, /,
  ],
  ['msg="… newer than datastore and could cause a cluster outage"', 'CA_NEWER_THAN_DATASTORE', /^CA files differ/],
  // Every start in a container says so (measured, v1.36.3), and is a good one.
  ['level=error msg="Failed to set sysctl: open /proc/sys/net/netfilter/nf_conntrack_max: permission denied"', null],
  [exited('apiserver'), 'BROKEN_CERTIFICATE', /^its apiserver cannot read/, /never a CA/],
  [exited('scheduler'), 'BROKEN_CERTIFICATE', /^its scheduler cannot read/],
  ['msg="data does not contain any valid RSA or ECDSA certificates"', 'BROKEN_CERTIFICATE', /^it cannot read/],
  [
    'level=fatal msg="Error: open /etc/rancher/k3s/k3s.yaml: operation not permitted"',
    'FILE_UNWRITABLE',
    /k3s\.yaml$/,
    /lsattr/,
  ],
  ['level=fatal msg="leaderelection lost"', 'LEADER_LOST', /leader election/, /systemd starts it again/],
  ['level=info msg="Starting k3s v1.32.3+k3s1"', null],
  ['level=error msg="Failed to list latest changes: sql: database is closed"', null],
];

describe('why a start does not succeed, by one line of its log', () => {
  for (const [line, code, why = /./, remedy = /./] of table)
    test(`${code ?? 'not known'}: ${line.slice(0, 120)}`, () => {
      const reason = startReason([line]);
      assert.equal(reason?.code ?? null, code);
      if (reason === null) return;
      assert.match(reason.why, why);
      assert.match(reason.remedy, remedy);
      assert.equal(reason.times, 1);
    });
});

test('the last known reason counts, and how often the log names it', () => {
  const last = startReason([EXPIRED, exited('scheduler'), EXPIRED, 'something else']);
  assert.deepEqual([last?.code, last?.times], ['LISTENER_EXPIRED', 2]);
  assert.equal(startReason([EXPIRED, exited('scheduler')])?.code, 'BROKEN_CERTIFICATE');
  assert.equal(startReason([]), null);
});

test('it waits for itself when it says so again and again: a start that is about to heal says it once', () => {
  const times = (count: number) => waitsForItself(startReason(Array<string>(count).fill(EXPIRED)));
  assert.deepEqual([1, 2, 3, 30].map(times), [false, false, true, true]);
  assert.equal(waitsForItself(startReason([exited('apiserver'), exited('apiserver'), exited('apiserver')])), false);
  assert.equal(waitsForItself(null), false);
});

test('whatever a log holds, a reason shows paths and addresses of it only', () => {
  const parts = fc.constantFrom(
    'newer than datastore and could cause a cluster outage',
    'CA cert validation failed: Get https://',
    '/cacerts certificate has expired',
    'Failed to validate connection to cluster at https://',
    ': connection refused',
    'open ',
    ': permission denied',
    'K10secret::server:token',
    '/x/y.key ',
    '\u001b[31m',
  );
  const line = fc.array(fc.oneof(parts, fc.string({ maxLength: 20 })), { maxLength: 12 }).map((all) => all.join(''));
  fc.assert(
    fc.property(fc.array(line, { maxLength: 4 }), (log) => {
      const reason = startReason(log);
      if (reason === null) return;
      assert.match(reason.why, /^[\w ,./:()'[\]-]+$/);
      assert.match(reason.remedy, /^[\w ,./:;()'"[\]-]+$/);
    }),
  );
});
