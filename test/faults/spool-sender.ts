// A process that opens the alerts of a root, puts those of its arguments into the spool, and delivers.
import { openAlerts } from '../../src/alert/service.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { Dispatch } from '../../src/domain/alerts/alert.ts';
import { silentLog } from '../../src/host/logger.ts';
import { Root } from '../../src/host/root.ts';

const [directory = '', url = '', ...ids] = process.argv.slice(2);
const { alerts: config } = await parseConfig(`[[alerts.webhook]]\nname = "chat"\nurl = "${url}"\n`, 'config.toml');
const service = await openAlerts({ root: new Root(directory), config, now: Date.now, log: silentLog });
for (const id of ids) {
  const dispatch: Dispatch = {
    id,
    at: Date.now(),
    node: { name: 'node-1', distribution: 'kubeadm', role: 'control-plane' },
    notifications: [
      {
        status: 'raised',
        since: Date.now(),
        alert: { code: 'RENEWAL_FAILED', severity: 'critical', subject: 'node', text: 'Text.', remedy: '', facts: {} },
      },
    ],
    allClear: false,
  };
  await service.enqueue(dispatch);
}
await service.flush();
process.stdout.write('delivered\n');
// Until it is killed.
setInterval(() => {}, 60_000);
