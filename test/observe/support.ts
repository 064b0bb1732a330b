import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Inventory, ObservedCertificate } from '../../src/domain/model/inventory.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { observe } from '../../src/observe/observe.ts';
import { makeNode, type NodeOptions, type TestNode } from '../../testnode/node.ts';
import { type Issued, issueAuthority, issueCertificate } from '../../testnode/pki.ts';

export const NOW = Math.floor(Date.now() / 1000) * 1000;

/** An empty directory that is gone after the test. */
export function directoryFor(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'certagent-observe-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A node image of this kind, stopped and deleted after the test. */
export async function nodeFor(
  t: TestContext,
  options: Partial<NodeOptions> & Pick<NodeOptions, 'kind'>,
): Promise<TestNode> {
  const node = await makeNode({ root: join(directoryFor(t), 'node'), leafEnds: NOW + 200 * DAY, ...options });
  t.after(() => node.stop());
  return node;
}

export function look(
  node: { root: string },
  { watch = [], unit }: { watch?: string[]; unit?: string } = {},
): Promise<Inventory> {
  return observe({
    root: new Root(node.root),
    config: { watch: { paths: watch }, node: unit === undefined ? {} : { unit } },
    now: NOW,
  });
}

export function put(root: string, path: string, content: string | Buffer, mode = 0o644): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content, { mode });
}

export function get(root: string, path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Replaces text of a file, and fails where it does not occur. */
export function edit(root: string, path: string, from: string | RegExp, to: string): void {
  const before = get(root, path);
  const after = before.replaceAll(from instanceof RegExp ? new RegExp(from, 'g') : from, to);
  if (after === before) throw new Error(`nothing to replace in ${path}`);
  put(root, path, after);
}

export function named(inventory: Inventory, id: string): ObservedCertificate {
  const found = inventory.certificates.find((one) => one.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${inventory.certificates.map((one) => one.id).join(', ')}`);
  return found;
}

export const ids = (inventory: Inventory): string[] => inventory.certificates.map(({ id }) => id);

export const authority = (commonName = 'an-authority'): Promise<Issued> =>
  issueAuthority({ commonName, notBefore: NOW - DAY, notAfter: NOW + 3650 * DAY });

export const leaf = (ca: Issued, commonName = 'a-leaf', notAfter = NOW + 100 * DAY): Promise<Issued> =>
  issueCertificate({
    ca,
    subject: { commonName },
    sans: ['localhost'],
    usages: ['server'],
    notBefore: NOW - DAY,
    notAfter,
  });
