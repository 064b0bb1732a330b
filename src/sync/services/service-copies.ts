import type { CertificateCopy } from '../../config/copy-keys.ts';
import { modeOf } from '../../config/copy-keys.ts';
import { CertagentError, errorCode, explain } from '../../domain/model/errors.ts';
import type { Inventory } from '../../domain/model/inventory.ts';
import type { CopyOutcome, ServiceUse } from '../../domain/model/journal.ts';
import { day } from '../../domain/time/day.ts';
import type { Root } from '../../host/root.ts';
import { groupId, userNamed } from '../../host/users.ts';
import { type Wanted, wantedFiles } from './contents.ts';
import { oweReload, owesReload, reloaded } from './replaced-files.ts';
import { targetPlace } from './target-place.ts';
import { reload, served } from './use-by-service.ts';
import { difference, readNow, type TargetFile, writeFiles } from './write-files.ts';

type Run = { root: Root; inventory: Inventory; dryRun: boolean };

/**
 * Brings the copies for services up to date, one after the other: the files, the reload of the service, what it serves.
 * With `dryRun` nothing is written or reloaded. What goes wrong is in the outcome, never an exception.
 */
export async function syncServiceCopies(copies: CertificateCopy[], run: Run): Promise<CopyOutcome[]> {
  const outcomes: CopyOutcome[] = [];
  for (const copy of copies) {
    outcomes.push(
      await syncOne(copy, run).catch((error: unknown) => {
        const result = errorCode(error) === 'COPY_REFUSED' ? 'refused' : 'failed';
        return outcomeOf(copy, result, explain(error), NO_USE);
      }),
    );
  }
  return outcomes;
}

const NO_USE: ServiceUse = { reload: null, served: null };

async function syncOne(copy: CertificateCopy, run: Run): Promise<CopyOutcome> {
  const { root, inventory, dryRun } = run;
  const wanted = await wantedFiles(root, copy, inventory);
  const files = await targets(copy, wanted, run);
  const differences = files.map(difference);
  const differs = differences.find((each) => each !== null) ?? null;
  const expires = `expires ${day(wanted.certificate.notAfter)}`;
  const verb = differences.includes('absent') ? 'created' : 'updated';
  if (dryRun) {
    const use = { reload: null, served: await servedBy(copy, wanted, false) };
    return differs === null
      ? outcomeOf(copy, 'current', expires, use)
      : outcomeOf(copy, 'pending', `would be ${verb}: ${copy.from}; ${expires}`, use);
  }
  const { reload: unit } = copy;
  if (differs !== null) {
    if (unit !== undefined) await oweReload(root, copy.to);
    await writeFiles(root, files);
  }
  const isOwed = unit !== undefined && (await owesReload(root, copy.to));
  const failure = isOwed ? await reload(root, unit) : null;
  if (isOwed && failure === null) await reloaded(root, copy.to);
  const use = { reload: failure, served: await servedBy(copy, wanted, isOwed && failure === null) };
  if (differs === null) return outcomeOf(copy, 'current', expires, use);
  const told = unit === undefined || failure !== null ? '' : `; ${unit} reloaded`;
  return outcomeOf(copy, verb, `${copy.from}; ${expires}${told}`, use);
}

async function servedBy(copy: CertificateCopy, wanted: Wanted, hasChanged: boolean): Promise<ServiceUse['served']> {
  return copy.served === undefined ? null : served(copy.served, wanted.certificate, hasChanged);
}

async function targets(copy: CertificateCopy, { files }: Wanted, { root, inventory }: Run): Promise<TargetFile[]> {
  const { uid, gid } = await identityOf(root, copy);
  const found: TargetFile[] = [];
  for (const { path, content, isKey } of files) {
    const mode = isKey || copy.key_to === undefined ? modeOf(copy) : 0o644;
    const at = await targetPlace(root, path, inventory).catch((error: unknown) => {
      throw path === copy.to ? error : new CertagentError('COPY_REFUSED', `${path}: ${explain(error)}`);
    });
    found.push({ path, at, content, mode, uid, gid, now: await readNow(at) });
  }
  return found;
}

async function identityOf(root: Root, { owner, group }: CertificateCopy): Promise<{ uid: number; gid: number }> {
  const user = owner === 'root' ? { uid: 0 } : await userNamed(root, owner);
  const gid = group === 'root' ? 0 : await groupId(root, group);
  if (user === null) throw new CertagentError('COPY_REFUSED', `this node does not know the user ${owner}`);
  if (gid === null) throw new CertagentError('COPY_REFUSED', `this node does not know the group ${group}`);
  // Without being root, everything is our own (a node image).
  const [euid = 0, egid = 0] = [process.geteuid?.(), process.getegid?.()];
  return euid === 0 ? { uid: user.uid, gid } : { uid: euid, gid: egid };
}

function outcomeOf(
  { to, owner }: CertificateCopy,
  result: CopyOutcome['result'],
  detail: string,
  service: ServiceUse,
): CopyOutcome {
  return { path: to, user: owner, result, detail, certificates: [], service };
}
