import { rulesOfNode } from '../../distributions/index.ts';
import type { Finding, KeyFinding } from '../../model/inventory.ts';
import { type Found, isAuthority, type NodeState } from '../input.ts';
import { renewing } from '../remedies.ts';
import { copyNoun, counted, list, sentences } from '../words.ts';

type WithKey = { id: string; key: Exclude<KeyFinding, { state: 'not-expected' }> };

export function keysThatDiffer(state: NodeState): Found[] {
  const differing = keys(state).filter(({ key }) => key.state === 'differs');
  return [
    {
      members: differing.map(({ id, key }) => [id, key.path]),
      text: `The private key beside ${counted(differing.length, 'certificate', 'does not belong to it', 'does not belong to them')}: ${ids(differing)}.`,
    },
  ];
}

export function keysUnreadable(state: NodeState): Found[] {
  const lost = keys(state).filter(({ key }) => key.state === 'missing' || key.state === 'unreadable');
  const renew = renewing(
    state,
    lost.map(({ id }) => id),
    'Renew, which makes a new key: certagent renew --force',
  );
  return [
    {
      members: lost.map(({ id, key }) => [id, `${key.path}: ${key.state}`]),
      text: `The private key of ${counted(lost.length, 'certificate', 'is')} missing or unreadable: ${ids(lost)}.`,
      ...(renew === null ? {} : { remedy: renew }),
    },
  ];
}

export function keysReadable(state: NodeState): Found[] {
  const open = keys(state).filter(({ key }) => key.readableByOthers);
  return [
    {
      members: open.map(({ id, key }) => [
        id,
        `${key.path}: ${key.mode === null ? 'readable by others' : `mode ${key.mode.toString(8).padStart(4, '0')}`}`,
      ]),
      text: `The private key of ${counted(open.length, 'certificate', 'is')} readable by other users: ${ids(open)}.`,
    },
  ];
}

export function keyCopiesLeft({ inventory }: NodeState): Found[] {
  const directories = inventory.preconditions.keyCopies ?? [];
  return [
    {
      once: true,
      members: directories.map((directory) => [directory, 'private keys']),
      text: `${counted(directories.length, 'directory', 'holds', 'hold')} private keys that a rotation has left: ${list(directories)}.`,
    },
  ];
}

function keys({ inventory }: NodeState): WithKey[] {
  return inventory.certificates.flatMap(({ id, owner, key }) =>
    key.state === 'not-expected' || owner === 'copy' ? [] : [{ id, key }],
  );
}

export function notSignedByCa(state: NodeState): Found[] {
  const { certificates, findings } = state.inventory;
  const foreign = certificates.filter(
    (observed) => observed.issuance.state === 'not-signed' && observed.owner !== 'copy' && !isAuthority(observed),
  );
  const renew = renewing(
    state,
    foreign.map(({ id }) => id),
    'A renewal signs it with the CA on this node: certagent renew --force',
  );
  return [
    {
      members: foreign.map(({ id, issuance, certificate }) => [
        id,
        `should be signed by ${issuance.ca ?? 'its CA'}, names ${certificate.issuer}`,
      ]),
      text: `${counted(foreign.length, 'certificate', 'is', 'are')} not signed by the CA on this node: ${ids(foreign)}.`,
      ...(renew === null ? {} : { remedy: `Find out whether the CA or the certificate was replaced. ${renew}` }),
      // A CA whose file is damaged, or whose key is another's, explains the state of all its leaves.
      restsOn: foreign.map(({ issuance: { ca }, id }) =>
        ca === null ? id : (findings.find((finding) => finding.id === ca)?.path ?? ca),
      ),
    },
  ];
}

export function filesUnreadable({ inventory, copies }: NodeState): Found[] {
  const findings = inventory.findings.filter(
    ({ owner, path }) => owner !== 'copy' || !copies.some((copy) => copy.path === path),
  );
  const lost = findings.flatMap((finding) => {
    const kubelet = isLostByKubelet(finding) ? rulesOfNode(inventory.node)?.kubelet : undefined;
    if (kubelet !== undefined) return [kubelet.relink(finding.path, inventory.node.name)];
    return finding.reason === 'bad-manifest' ? [`Correct ${finding.path}: the kubelet cannot read it either.`] : [];
  });
  return [
    {
      severity: findings.some(({ owner }) => owner === 'cluster-ca') ? 'critical' : 'warning',
      members: findings.map(({ path, reason, detail }) => [path, detail === '' ? reason : `${reason}: ${detail}`]),
      text: `${counted(findings.length, 'file', 'is', 'are')} not what ${findings.length === 1 ? 'it' : 'they'} should be: ${list(findings.map(({ path }) => path))}.`,
      ...(lost.length === 0
        ? {}
        : { remedy: sentences([...(lost.length < findings.length ? [RESTORE] : []), ...lost]) }),
    },
  ];
}

const RESTORE = 'Restore the files, or remove them from watch.paths.';

/** Its kubeconfig refers to the link under which the kubelet keeps what it rotates. */
function isLostByKubelet({ owner, reason, path }: Finding): boolean {
  return owner === 'kubelet' && reason === 'missing' && path.endsWith('-current.pem');
}

export function copiesNotUpdated({ copies }: NodeState): Found[] {
  // A user's own certificate has alerts of its own.
  const left = copies.filter(({ result, own }) => own === undefined && (result === 'failed' || result === 'refused'));
  return [
    {
      members: left.map(({ path, detail }) => [path, detail]),
      text: `${counted(left.length, copyNoun(left), 'was', 'were')} not updated: ${list(left.map(({ path }) => path))}.`,
    },
  ];
}

const ids = (of: { id: string }[]): string => list(of.map(({ id }) => id));
