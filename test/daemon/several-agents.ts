// Control-plane nodes of one cluster, each with its own certagent.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Agent } from '../../src/daemon/agent.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { makeCluster, type TestCluster } from '../../testnode/cluster.ts';
import { quickStandIns } from '../testnode/bundle.ts';
import { anotherAgent, configure } from './support.ts';

export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';
const LIMITS = '[renew]\ncomponent_limit = "120s"\nserved_limit = "120s"\n';

export async function cluster(
  t: TestContext,
  count: number,
  days: number,
  config = '',
): Promise<TestCluster & { agents: Agent[] }> {
  await quickStandIns();
  const directory = await mkdtemp(join(tmpdir(), 'certagent-servers-'));
  const made = await makeCluster(directory, count, { leafEnds: Date.now() + days * DAY, version: 'v1.22.3' });
  t.after(async () => {
    await made.remove();
    await rm(directory, { recursive: true, force: true });
  });
  await Promise.all(made.nodes.map((node) => node.start({ longRunning: true })));
  const agents: Agent[] = [];
  for (const node of made.nodes) {
    await configure(node, `${config}\n${LIMITS}`);
    agents.push(await anotherAgent(t, new Root(node.root)));
  }
  return { ...made, agents };
}
