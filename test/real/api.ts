// certagent's client of the Kubernetes API on a real kube-apiserver: the checks that the stand-in passes, and its start.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { exchange, send, type Target } from '../../src/cluster/api/send.ts';
import { askReadyz } from '../../src/cluster/readyz.ts';
import { type Issued, issueCertificate } from '../../testnode/pki.ts';
import { CHECKS, type Subject } from '../cluster/contract.ts';
import { TEMPORARY } from '../e2e/machine.ts';
import { DAY } from '../testnode/support.ts';
import { type RealApi, startApi } from './apiserver.ts';
import type { Row } from './table.ts';

export const STARTS = 'kube-apiserver: what it answers while it starts';

/** Each check is a scene whose name holds `word`; they rest on each other, so the first ones are played in any case. */
export async function apiScenes(program: string, word: string): Promise<Row[]> {
  const names = [...CHECKS.map(([name]) => nameOf(name)), STARTS];
  if (!names.some((name) => name.includes(word))) return [];
  const api = await startApi(program);
  const directory = await mkdtemp(join(tmpdir(), TEMPORARY));
  try {
    const rows: Row[] = [];
    for (const [name, check] of CHECKS)
      rows.push(await row(nameOf(name), api, () => check(subjectOf(api, directory)).then(() => 'as the stand-in')));
    rows.push(await row(STARTS, api, () => whileItStarts(api)));
    return rows;
  } finally {
    await api.remove();
    await rm(directory, { recursive: true, force: true });
  }
}

const nameOf = (check: string): string => `kube-apiserver: ${check}`;

async function row(scene: string, { version }: RealApi, play: () => Promise<string>): Promise<Row> {
  const startedAt = Date.now();
  const problems: string[] = [];
  const result = await play().catch((error: unknown) => {
    problems.push(String(error));
    return '';
  });
  console.log(`${new Date().toISOString().slice(11, 19)}  ${scene}: ${problems[0] ?? result}`);
  return { scene, version, problems, result, away: null, whole: (Date.now() - startedAt) / 1_000 };
}

function subjectOf(api: RealApi, directory: string): Subject {
  const { urls, ca, admin } = api;
  return {
    ...{ directory, urls, ca, admin, delete: api.delete },
    async token(namespace, name) {
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3_600 } };
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
      const answer = await send(targetOf(api, admin), { method: 'POST', path, body, limit: 10_000 });
      if (!answer.ok) throw new Error(answer.problem.detail);
      return (answer.value as { status: { token: string } }).status.token;
    },
    stop: () => api.stop(urls[0], 'SIGTERM'),
    start: () => api.start(urls[0]),
  };
}

const targetOf = ({ urls, ca }: RealApi, client: Issued | null): Target => ({
  ...{ server: new URL(urls[0]), ca: ca.certificatePem, names: ['kubernetes.default.svc'], token: null },
  client: client === null ? null : { certificate: client.certificatePem, key: client.keyPem },
});

/** As kubeadm's admin.conf, whose group gets its rights by a role. What `askReadyz` makes of it must never be too early. */
async function whileItStarts(api: RealApi): Promise<string> {
  const subject = { commonName: 'kubernetes-admin', organizations: ['kubeadm:cluster-admins'] };
  const validity = { notBefore: Date.now() - DAY, notAfter: Date.now() + DAY };
  const client = await issueCertificate({ ca: api.ca, subject, usages: ['client'], ...validity });
  await bindAdministrators(api);
  const target = targetOf(api, client);
  const access = { ...target, ca: api.ca.certificatePem, serverName: null };
  const { hostname, port } = target.server;
  await api.stop(api.urls[0], 'SIGKILL');
  const seen: { said: string; from: number; to: number }[] = [];
  const asked: { ready: boolean; at: number; until: number }[] = [];
  let isUp = false;
  const judging = (async () => {
    while (!isUp) {
      const at = Date.now();
      const { ready } = await askReadyz(access, hostname, Number(port));
      asked.push({ ready, at, until: Date.now() });
      await sleep(20);
    }
  })();
  const watching = (async () => {
    while (!isUp || seen.at(-1)?.said !== '200') {
      const at = Date.now();
      const answer = await exchange(target, { method: 'GET', path: '/readyz', limit: 2_000 });
      const said = answer.ok ? String(answer.value.status) : answer.problem.kind;
      const last = seen.at(-1);
      if (last?.said === said) last.to = Date.now();
      else seen.push({ said, from: at, to: Date.now() });
      isUp = said === '200';
      await sleep(10);
    }
  })();
  await api.start(api.urls[0]);
  await Promise.all([watching, judging]);
  // Neither of the two looks at the same moment: what was ready before the other saw it ready was judged too early.
  const ready = seen.at(-1)!.from;
  const early = asked.filter((one) => one.ready && one.until < ready - 500);
  if (early.length > 0) throw new Error(`taken for ready ${ready - early[0]!.until} ms too early`);
  const parts = seen.filter(({ said }) => /^\d+$/.test(said) && said !== '200');
  return (
    parts.map(({ said, from, to }) => `${said} for ${((to - from) / 1_000).toFixed(1)} s`).join(', then ') ||
    'ready at once'
  );
}

async function bindAdministrators(api: RealApi): Promise<void> {
  const rbac = 'rbac.authorization.k8s.io';
  const body = {
    ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'kubeadm:cluster-admins' } },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: 'kubeadm:cluster-admins' }],
  };
  await send(targetOf(api, api.admin), {
    ...{ method: 'POST', path: `/apis/${rbac}/v1/clusterrolebindings`, body, limit: 10_000 },
  });
}
