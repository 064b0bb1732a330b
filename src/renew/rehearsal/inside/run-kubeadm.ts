import { setTimeout as sleep } from 'node:timers/promises';
import { startTool } from '../../../host/sandboxed-tool.ts';
import type { GroupMemory } from './control-group.ts';
import type { InsideAnswer, InsideRequest, KubeadmAnswer, KubeadmTask } from './request.ts';

const INTERVAL = 250;

/** Each call of the plan in its order, up to the first that fails, as in a renewal. */
export async function runKubeadm(
  { program, calls, limit }: KubeadmTask,
  { olderSystemd, view }: InsideRequest,
  memory: GroupMemory,
): Promise<InsideAnswer> {
  const done: KubeadmAnswer['calls'] = [];
  for (const { id, argv } of calls) {
    const tool = startTool({ program, argv, environment: {} }, { olderSystemd, isImage: view !== '/' });
    const watch = setInterval(() => memory.isOver() && tool.kill(), INTERVAL);
    const late = new AbortController();
    const inTime = await Promise.race([
      tool.ended.then(() => true),
      sleep(limit, false, { signal: late.signal }).catch(() => false),
    ]);
    late.abort();
    clearInterval(watch);
    if (!inTime) tool.kill();
    const exitCode = tool.ending()?.code ?? null;
    // The rest of its output may still be on its way.
    await sleep(20);
    done.push({ id, exitCode, timedOut: !inTime, output: tool.log.join('\n').slice(0, 64 * 1024) });
    if (exitCode !== 0) break;
  }
  return { kind: 'command', calls: done, peakMemory: memory.peak };
}
