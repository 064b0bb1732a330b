// An ssh that answers as the host's file says, and certagent beside it.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { StatusReport } from '../../src/domain/model/status.ts';
import { DAY } from '../../src/domain/time/duration.ts';
import { Root } from '../../src/host/root.ts';
import { report, row } from '../cli/reports.ts';

/** A root whose ssh runs the shell text of each host (`answers`); what it was called with is in `calls`, a line a call. */
export async function fleetRoot(t: TestContext, answers: Record<string, string> = {}): Promise<Root> {
  const directory = await mkdtemp(join(tmpdir(), 'certagent-fleet-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, 'usr/bin'), { recursive: true });
  await mkdir(join(directory, 'hosts'));
  for (const [host, script] of Object.entries(answers)) await writeFile(join(directory, 'hosts', host), script);
  await executable(
    join(directory, 'usr/bin/ssh'),
    `printf '%s\\n' "$*" >>'${directory}/calls'\nwhile [ "$1" != -- ]; do shift; done\n. '${directory}/hosts/'"$2"`,
  );
  return new Root(directory);
}

export async function executable(path: string, script: string): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** The status of a node that is fine now, and for `days`. */
export function statusOf(name: string, days = 200, change: Partial<StatusReport> = {}): StatusReport {
  const at = Date.now();
  const leaf = row('client-admin', 0, { owner: 'k3s', nearness: days < 30 ? 'urgent' : 'valid' });
  const notAfter = at + days * DAY + DAY / 2;
  return report({
    at,
    checkedAt: at,
    nextCheckAt: at + DAY,
    node: { ...report().node, name },
    labels: { site: 'oslo' },
    certificates: [
      {
        ...leaf,
        certificate: { ...leaf.certificate, notAfter },
        decision: { ...leaf.decision, notAfter, opensAt: notAfter - 90 * DAY },
      },
    ],
    ...change,
  });
}

/** Shell that prints a text, whatever it holds. */
export const says = (text: string): string => `/bin/cat <<'END'\n${text}\nEND\n`;
