import { isLeaf } from '../decide/ownership.ts';
import type { Instant } from '../model/certificate.ts';
import type { Inventory, ObservedCertificate } from '../model/inventory.ts';
import type { RestoredPair } from '../plan/steps/restore-files.ts';
import { day } from '../time/day.ts';
import type { FoundBackup, FoundFile, FoundLeaf } from './found-backup.ts';
import { isWritten, type Written } from './written.ts';

/** A file that a restore leaves as it is, and why. */
export type Left = { path: string; why: string };

export type Choice = {
  /** What takes the place of each of these certificates. */
  restored: { observed: ObservedCertificate; pair: RestoredPair }[];
  left: Left[];
  /** Paths of certificates that are on the node as they are in the backup. */
  unchanged: string[];
};

/**
 * What of a backup may be put back: only over what certagent itself has written since, a key together with its
 * certificate, and only what the node could use now.
 */
export function choose(backup: FoundBackup, node: { inventory: Inventory; written: Written; now: Instant }): Choice {
  const choice: Choice = { restored: [], left: [], unchanged: [] };
  const certificates = new Map(
    node.inventory.certificates.filter(isOwnLeaf(node.inventory)).map((one) => [one.place.path, one]),
  );
  for (const leaf of backup.leaves) {
    const observed = certificates.get(leaf.path);
    if (leaf.files.every(isAsItWas)) choice.unchanged.push(leaf.path);
    else {
      const left = whyLeft(leaf, observed, node);
      if (left.length > 0) choice.left.push(...left);
      else choice.restored.push({ observed: observed!, pair: pairOf(leaf, observed!) });
    }
  }
  return choice;
}

const isAsItWas = ({ sha256, now }: FoundFile): boolean => now === sha256;

function isOwnLeaf({ node }: Inventory) {
  // What a CA elsewhere has signed, certagent has installed.
  return (observed: ObservedCertificate): boolean =>
    (observed.owner === node.distribution || observed.owner === 'external-ca') && isLeaf(observed);
}

function whyLeft(
  leaf: FoundLeaf,
  observed: ObservedCertificate | undefined,
  { written, now }: { written: Written; now: Instant },
): Left[] {
  const theirs = leaf.files.flatMap((file) => {
    const why = whyTheirs(file, written);
    return why === null ? [] : [{ path: file.path, why }];
  });
  const [first] = theirs;
  const others = leaf.files.filter(({ path }) => theirs.every((one) => one.path !== path));
  if (first !== undefined) return [...theirs, ...others.map(({ path }) => ({ path, why: `stays with ${first.path}` }))];
  const why =
    leaf.flaw !== null
      ? `in the backup ${leaf.flaw}`
      : leaf.notAfter <= now
        ? `in the backup has expired since, on ${day(leaf.notAfter)}`
        : observed === undefined
          ? 'is not a certificate that certagent renews on this node'
          : null;
  return why === null ? [] : leaf.files.map(({ path }) => ({ path, why }));
}

function whyTheirs({ path, sha256, now }: FoundFile, written: Written): string | null {
  if (now === null) return 'somebody has removed it since';
  return now === sha256 || isWritten(written, path, now) ? null : 'somebody has changed it since certagent wrote it';
}

function pairOf({ files, notAfter }: FoundLeaf, { id }: ObservedCertificate): RestoredPair {
  return { id, notAfter, files: files.map(({ path, sha256, now }) => ({ path, sha256, was: now! })) };
}
