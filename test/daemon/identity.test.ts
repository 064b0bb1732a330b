// What the configuration says of the node: its site, labels and name are in alerts, metrics and status; a heartbeat hears of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openInbox } from '../../demo/inbox.ts';
import { renderStatus } from '../../src/cli/render/status.ts';
import { makeAgent } from '../../src/daemon/agent.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import { nodeFor } from '../testnode/support.ts';
import { configure } from './support.ts';

test('site, labels and name of the node are wherever it is named', async (t) => {
  const node = await nodeFor(t, { leafEnds: Date.now() + 5 * DAY });
  const [inbox, beats] = [await openInbox(), await openInbox()];
  t.after(() => Promise.all([inbox.close(), beats.close()]));
  const toml = `mode = "observe"\n[node]\nsite = "oslo"\nname = "edge-17"\nlabels = { rack = "b7" }\n[alerts.labels]\nrow = "2"\n`;
  await configure(node, `${toml}[[alerts.heartbeat]]\nurl = "${beats.webhookUrl}"\n`, inbox);
  const root = new Root(node.root);
  const agent = await makeAgent({ root, configFile: CONFIG_FILE, now: Date.now, log: silentLog });
  t.after(() => agent.close());

  const status = await agent.check();
  await agent.deliver();
  assert.equal(status.node.name, 'edge-17');
  assert.deepEqual(status.labels, { site: 'oslo', row: '2', rack: 'b7' });
  assert.match(renderStatus(status), /^edge-17 at oslo: /);
  assert.match(await agent.metrics(), /^certagent_build_info\{(?=[^}]*site="oslo")(?=[^}]*row="2")[^}]*rack="b7"/m);
  const { node: told } = JSON.parse(inbox.webhooks[0]!).data;
  assert.deepEqual([told.name, told.labels], ['edge-17', { site: 'oslo', row: '2', rack: 'b7' }]);
  assert.match(beats.webhooks[0]!, /^edge-17 \(oslo, 2, b7\): \d+ critical: /);
});
