import assert from 'node:assert/strict';
import { test } from 'node:test';
import { standingAlerts } from '../../../src/domain/alerts/standing.ts';
import type { Renewal } from '../../../src/domain/model/decision.ts';
import type { Finding } from '../../../src/domain/model/inventory.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../../../src/domain/time/duration.ts';
import { neighbour, staticPod } from '../../support/parts.ts';
import { leaf, NOW, node } from './alert-node.ts';
import { attempt, copy, key, loaded, renew, stale, testStanding } from './alert-parts.ts';

const gone = {
  path: '/var/lib/kubelet/pki/kubelet-client-current.pem',
  id: 'kubelet-client',
  owner: 'kubelet',
  reason: 'missing',
  detail: '',
} as const;

const written = (id: string, modifiedAt: number) =>
  leaf({
    id,
    days: 300,
    place: { kind: 'pem', path: `/k/${id}`, index: 0 },
    file: { mode: 0o600, uid: 0, gid: 0, modifiedAt, changedAt: modifiedAt },
  });

const backOff: Renewal = { kind: 'waiting', until: NOW + HOUR, code: 'BACK_OFF', ids: ['a'], why: 'waits' };
const afterRehearsal = {
  ...attempt('failed'),
  error: { code: 'REHEARSAL_FAILED', message: 'the start would not succeed' },
};

testStanding([
  [
    'a key of another certificate',
    { leaves: [leaf({ id: 'a', days: 300, key: key('differs') })] },
    [['KEY_MISMATCH', 'critical', 'node', ['a']]],
  ],
  [
    'no key',
    { leaves: [leaf({ id: 'a', days: 300, key: key('missing') })] },
    [['KEY_UNREADABLE', 'warning', 'node', ['a']]],
  ],
  [
    'a key for everybody',
    { leaves: [leaf({ id: 'a', days: 300, key: key('matches', true) })] },
    [['KEY_READABLE', 'warning', 'node', ['a']]],
  ],
  ['no key is expected', { leaves: [leaf({ id: 'a', days: 300, key: { state: 'not-expected' } })] }, []],
  [
    'another CA signed it',
    { leaves: [leaf({ id: 'a', days: 300, issuance: { state: 'not-signed' } })] },
    [['NOT_SIGNED_BY_CA', 'critical', 'node', ['a']]],
  ],
  [
    'unreadable files',
    { inventory: { findings: [{ path: '/a.crt', id: null, owner: 'kubeadm', reason: 'empty', detail: '' }] } },
    [['FILE_UNREADABLE', 'warning', 'node', ['/a.crt']]],
  ],
  [
    "unreadable files, of which one user's copy is reported by sync",
    {
      inventory: {
        findings: [
          { path: '/a.crt', id: null, owner: 'kubeadm', reason: 'binary', detail: 'no text' },
          { path: '/b.crt', id: null, owner: 'copy', reason: 'empty', detail: '' },
          { path: '/home/alice/.kube/config', id: null, owner: 'copy', reason: 'empty', detail: '' },
        ],
      },
      copies: [copy('refused')],
    },
    [
      ['FILE_UNREADABLE', 'warning', 'node', ['/a.crt', '/b.crt']],
      ['COPY_NOT_UPDATED', 'warning', 'node', ['/home/alice/.kube/config']],
    ],
  ],
  [
    'what kubelet.conf refers to is gone',
    { inventory: { findings: [gone] } },
    [['FILE_UNREADABLE', 'warning', 'node', [gone.path]]],
  ],
  [
    'a server with another certificate',
    { inventory: { served: [stale(100)] } },
    [['SERVED_STALE', 'warning', 'kube-apiserver', ['127.0.0.1:6443', 'apiserver']]],
  ],
  [
    'a server with an expired certificate',
    { inventory: { served: [stale(-1, 'gone')] } },
    [['SERVED_STALE', 'critical', 'kube-apiserver', ['127.0.0.1:6443', 'gone']]],
  ],
  [
    'a server that may still be loading a file of five minutes ago',
    {
      leaves: [
        leaf({
          id: 'apiserver',
          days: 300,
          file: { mode: 0o644, uid: 0, gid: 0, modifiedAt: NOW - 400 * DAY, changedAt: NOW - 5 * MINUTE },
        }),
      ],
      inventory: { served: [stale(10)] },
    },
    [],
  ],
  [
    'a kubeconfig that was renewed by hand, and components that were not restarted',
    {
      leaves: [
        loaded('scheduler.conf', 'kube-scheduler', NOW - 2 * HOUR),
        loaded('controller-manager.conf', 'kube-controller-manager', NOW - 2 * HOUR),
        loaded('apiserver', 'kube-apiserver', NOW - 2 * HOUR),
      ],
      preconditions: {
        components: (['kube-apiserver', 'kube-scheduler', 'kube-controller-manager'] as const).map((name) => ({
          ...staticPod(name),
          startedAt: NOW - DAY,
        })),
      },
    },
    [['NOT_LOADED', 'warning', 'node', ['scheduler.conf', 'controller-manager.conf']]],
  ],
  [
    'other static pods that mount a file which was written since they started',
    {
      leaves: [written('admin.conf', NOW - HOUR), written('apiserver', NOW - 10 * DAY)],
      preconditions: {
        neighbours: [
          neighbour({ pod: 'kube-vip', mounts: ['/k/admin.conf'], startedAt: NOW - DAY }),
          neighbour({ pod: 'agent', mounts: ['/k'], startedAt: NOW - 2 * DAY }),
          neighbour({ pod: 'restarted', mounts: ['/k'], startedAt: NOW }),
          neighbour({ pod: 'not running', mounts: ['/k'], startedAt: null }),
          neighbour({ pod: 'elsewhere', mounts: ['/'], startedAt: NOW - DAY }),
        ],
      },
    },
    [['NOT_LOADED', 'warning', 'node', ['admin.conf in kube-vip', 'admin.conf in agent']]],
  ],
  [
    'a failure after which one component was not restarted: it stays active, even while the component may still load the file',
    {
      lastAttempt: attempt('failed'),
      leaves: [loaded('scheduler.conf', 'kube-scheduler', NOW - MINUTE)],
      preconditions: { components: [{ ...staticPod('kube-scheduler'), startedAt: NOW - DAY }] },
    },
    [['RENEWAL_FAILED', 'critical', 'node', ['reason', 'started']]],
  ],
  [
    'a rehearsal that failed: nothing was changed, and there is time',
    { lastAttempt: afterRehearsal, renewal: backOff, leaves: [leaf({ id: 'a', days: 60, verdict: renew })] },
    [
      ['CERTIFICATE_EXPIRING', 'info', 'node', ['a']],
      ['RENEWAL_FAILED', 'warning', 'node', ['reason', 'started']],
    ],
  ],
  [
    'a rehearsal that failed for what is urgent',
    { lastAttempt: afterRehearsal, renewal: backOff, leaves: [leaf({ id: 'a', days: 20, verdict: renew })] },
    [
      ['CERTIFICATE_URGENT', 'warning', 'node', ['a']],
      ['RENEWAL_FAILED', 'critical', 'node', ['reason', 'started']],
    ],
  ],
  [
    'components that began after their files, within the tolerance, or of which no process is there',
    {
      leaves: [
        loaded('scheduler.conf', 'kube-scheduler', NOW - DAY),
        loaded('controller-manager.conf', 'kube-controller-manager', NOW - DAY),
        loaded('apiserver-kubelet-client', 'kube-apiserver', NOW - DAY),
      ],
      preconditions: {
        components: [
          { ...staticPod('kube-scheduler'), startedAt: NOW - HOUR },
          { ...staticPod('kube-controller-manager'), startedAt: NOW - DAY - SECOND },
          { ...staticPod('kube-apiserver'), startedAt: null },
        ],
      },
    },
    [],
  ],
  [
    'a restart that would make a new CA',
    { preconditions: { hazards: [{ code: 'ca-key-missing', path: '/client-ca.key', detail: 'not there' }] } },
    [['RESTART_HAZARD', 'critical', 'node', ['/client-ca.key']]],
  ],
  [
    'a restart that would fail',
    { preconditions: { unit: null, hazards: [{ code: 'kubeconfig-unwritable', path: '/k3s.yaml', detail: '' }] } },
    [['RESTART_HAZARD', 'warning', 'node', ['/k3s.yaml']]],
  ],
]);

test('one component that was not restarted, and what can be done', () => {
  const state = {
    leaves: [loaded('scheduler.conf', 'kube-scheduler', NOW - 2 * HOUR)],
    preconditions: { components: [{ ...staticPod('kube-scheduler'), startedAt: NOW - DAY }] },
  };
  const [able] = standingAlerts(node(state));
  assert.match(able!.text, /^1 component has not loaded the new scheduler\.conf, and fails when/);
  assert.match(able!.remedy, /manifest\), or have everything renewed and restarted: certagent renew --force$/);
  const [unable] = standingAlerts(node({ ...state, onDemand: { kind: 'none', nextAt: null } }));
  assert.match(unable!.remedy, /^Restart kube-scheduler .*manifest\)\.$/);
});

test('a certificate that the CA did not sign rests on that CA: by its damaged file, by its name, or by nothing', () => {
  const foreign = (ca: string | null) => leaf({ id: 'a', days: 300, issuance: { ca, state: 'not-signed' } });
  const restsOn = (ca: string | null, findings: { path: string; id: string | null }[] = []) =>
    standingAlerts(
      node({
        leaves: [foreign(ca)],
        inventory: {
          findings: findings.map((each) => ({ ...each, owner: 'cluster-ca', reason: 'binary', detail: '' })),
        },
      }),
    ).find(({ code }) => code === 'NOT_SIGNED_BY_CA')?.restsOn;
  assert.deepEqual(restsOn('ca', [{ path: '/ca.crt', id: 'ca' }]), ['/ca.crt']);
  assert.deepEqual([restsOn('ca'), restsOn(null, [{ path: '/x', id: null }])], [['ca'], ['a']]);
});

test('a file of a CA that cannot be read is critical', () => {
  const [alert] = standingAlerts(
    node({
      inventory: { findings: [{ path: '/ca.crt', id: 'ca', owner: 'cluster-ca', reason: 'empty', detail: '' }] },
    }),
  );
  assert.deepEqual([alert!.code, alert!.severity], ['FILE_UNREADABLE', 'critical']);
});

test('what is not known is said so', () => {
  const [mode] = standingAlerts(
    node({ leaves: [leaf({ id: 'a', days: 300, key: { ...key('matches', true), mode: null } })] }),
  );
  assert.equal(mode!.facts.a, '/k: readable by others');
  const [signed] = standingAlerts(
    node({ leaves: [leaf({ id: 'a', days: 300, issuance: { state: 'not-signed', ca: null } })] }),
  );
  assert.equal(signed!.facts.a, 'should be signed by its CA, names CN=kubernetes');
  const state = node({ preconditions: { hazards: [{ code: 'leaf-garbage', path: '/l', detail: '' }] } });
  const [hazard] = standingAlerts({
    ...state,
    inventory: { ...state.inventory, node: { ...state.inventory.node, distribution: null } },
  });
  assert.match(hazard!.text, /^A restart of this node would/);
});

test('a remedy for each kind of file that cannot be read', () => {
  const other = { path: '/a.crt', id: null, owner: 'kubeadm', reason: 'missing', detail: '' } as const;
  const remedy = (...findings: Finding[]) => standingAlerts(node({ inventory: { findings } }))[0]!.remedy;
  const relink = /link it to the newest \S+kubelet-client-\*\.pem .*--client-name system:node:node-1,/;
  assert.match(remedy(gone), relink);
  assert.doesNotMatch(remedy(gone), /watch\.paths/);
  assert.doesNotMatch(remedy(other), relink);
  assert.match(remedy({ ...other, path: '/m/x.yaml', reason: 'bad-manifest' }), /^Correct \/m\/x\.yaml: the kubelet/);
  assert.match(remedy(gone, other), /^Restore the files.*link it to the newest/);
});
