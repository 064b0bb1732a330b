import { spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Identity } from '../../src/sync/messages.ts';
import { type CopyHelper, startHelper } from '../../src/sync/spawn.ts';
import { ALICE, isRoot, type SyncNode } from './fixture.ts';
import type { Order } from './meddler.ts';

type Without<T> = T extends unknown ? Omit<T, 'id'> : never;

export const identity: Identity | null = isRoot ? { ...ALICE, groups: [] } : null;

/** Helpers that do as they are ordered. `hit`: whether the last order's moment came. */
export type Meddled = { start(): CopyHelper; order(order: Without<Order>): void; hit(): boolean; remove(): void };

export function meddled(node: SyncNode): Meddled {
  const dir = mkdtempSync(join(tmpdir(), 'certagent-order-'));
  chownSync(dir, ALICE.uid, ALICE.gid);
  const file = join(dir, 'order');
  let count = 0;
  return {
    start() {
      const preload = fileURLToPath(new URL('./meddler.ts', import.meta.url));
      const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
      const args = ['--disable-warning=ExperimentalWarning', '--import', preload, main, 'internal:copies-helper'];
      const env = { CERTAGENT_TEST_ORDER: file };
      const child = spawn(process.execPath, args, { cwd: '/', env, stdio: ['pipe', 'pipe', 'inherit'] });
      return startHelper({ prefix: node.dir, identity, clientCas: [] }, child);
    },
    order(order) {
      count += 1;
      writeFileSync(file, JSON.stringify({ id: String(count), ...order }), { mode: 0o644 });
    },
    hit() {
      try {
        return readFileSync(`${file}.hit`, 'utf8') === String(count);
      } catch {
        return false;
      }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
