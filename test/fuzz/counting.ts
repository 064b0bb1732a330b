import type { TestContext } from 'node:test';
import type { ControlHandlers } from '../../src/control/handlers.ts';
import type { Root } from '../../src/host/root.ts';
import { handlers, served } from '../control/support.ts';

const ACTING = ['check', 'renew', 'sync', 'reload', 'testAlerts', 'acceptClock'] as const;

/** A daemon that counts what it is made to do. */
export async function counting(
  t: TestContext,
  groupId: number | null = null,
): Promise<{ root: Root; acted: string[] }> {
  const acted: string[] = [];
  const usual = handlers();
  const counted = ACTING.map((name) => [
    name,
    (...args: never[]) => {
      acted.push(name);
      return (usual[name] as (...given: never[]) => unknown)(...args);
    },
  ]);
  const root = await served(t, Object.fromEntries(counted) as Partial<ControlHandlers>, groupId);
  return { root, acted };
}
