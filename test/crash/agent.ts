// The agent that is killed. `agent.ts ROOT renew`: as an operator asks for it; `restore`: of the oldest backup; `install DIRECTORY`: what is signed there. `agent.ts ROOT check`: its next start, which
// recovers what was left and then does one scheduled cycle. `agent.ts ROOT settle`: the same and one cycle more; prints what
// that one changed. With the lock, as every certagent that changes the node.
import { makeSoloAgent } from '../../src/daemon/solo.ts';
import { errorCode } from '../../src/domain/model/errors.ts';
import { readAnswers } from '../../src/host/exchange-files.ts';
import { silentLog } from '../../src/host/logger.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import { contentsOf } from './files.ts';

const [directory = '', asked, answers = ''] = process.argv.slice(2);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort());
const agent = await makeSoloAgent({
  root: new Root(directory),
  configFile: CONFIG_FILE,
  now: Date.now,
  log: silentLog,
  signal: stop.signal,
});
try {
  if (asked === 'renew') await agent.renew({ force: false }, () => {});
  else if (asked === 'install') await agent.install({ files: await readAnswers([answers]) }, () => {});
  else if (asked === 'restore')
    await agent.restore({ plan: (await agent.backups()).backups.at(-1)?.id ?? '' }, () => {});
  else await agent.check();
  if (asked === 'settle') {
    const before = await contentsOf(directory);
    await agent.check();
    const after = await contentsOf(directory);
    for (const path of new Set([...before.keys(), ...after.keys()]))
      if (before.get(path) !== after.get(path)) console.log(path);
  }
} catch (error) {
  if (errorCode(error) !== 'INTERRUPTED') throw error;
} finally {
  await agent.close();
}
