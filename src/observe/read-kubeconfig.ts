import { dirname, resolve } from 'node:path';
import { CertagentError } from '../domain/model/errors.ts';
import { short } from '../domain/text/printable.ts';
import type { FileFacts } from '../host/files.ts';
import { currentEntries, type Kubeconfig, parseKubeconfig, whyUnusable } from '../host/kubeconfig.ts';
import { type Content, Unreadable } from './file-content.ts';
import { keyFinding } from './key.ts';
import { type KeyId, type Parsed, readingOf } from './pem-reading.ts';
import { fileFacts, notExpected } from './read-pem.ts';
import type { Scan } from './scan.ts';
import { source as makeSource, ownerOf, type Parts, type ReadCertificate, type Source } from './source.ts';

/** The content of a kubeconfig, without its secrets. */
export type KubeconfigReading = { format: 'kubeconfig'; entries: Entry[]; problem: Unreadable | null };

type Entry = {
  kind: 'user' | 'cluster';
  name: string;
  /** The user of the current context. */
  isMain: boolean;
  certificates: Parsed[];
  key: KeyId;
  /** Where certificate and key are, when they are not in it. */
  files: { certificate: string; key: string | null } | null;
};

/** Throws Unreadable. */
export function kubeconfigReading({ bytes }: Pick<Content, 'bytes'>): KubeconfigReading {
  try {
    return readingOfKubeconfig(parseKubeconfig(bytes));
  } catch (error) {
    throw new Unreadable('bad-kubeconfig', error instanceof CertagentError ? error.message : 'is not a kubeconfig');
  }
}

export function readingOfKubeconfig(config: Kubeconfig): KubeconfigReading {
  let problem: Unreadable | null = null;
  const main = currentEntries(config)?.user ?? config.users[0];
  const users = config.users.map((user): Entry => {
    const { name, certificateFile: file, keyFile } = user;
    const key = user.key === null ? null : (readingOf(user.key).key ?? 'unreadable');
    const files = user.certificate === null && file !== null ? { certificate: file, key: keyFile } : null;
    return {
      kind: 'user',
      name,
      isMain: user === main,
      files,
      key,
      certificates: parsed('user', name, user.certificate),
    };
  });
  const clusters = config.clusters.map(({ name, ca, caFile }): Entry => {
    const files = ca === null && caFile !== null ? { certificate: caFile, key: null } : null;
    return { kind: 'cluster', name, isMain: false, files, key: null, certificates: parsed('cluster', name, ca) };
  });
  const why = whyUnusable(config);
  if (why !== null) problem ??= new Unreadable('bad-kubeconfig', why);
  return { format: 'kubeconfig', entries: [...users, ...clusters], problem };

  function parsed(kind: Entry['kind'], name: string, pem: string | null): Parsed[] {
    if (pem === null) return [];
    const reading = readingOf(pem);
    const why = reading.problem ?? (reading.certificates.length === 0 ? NONE : null);
    // The entry's name is shown, its content never.
    if (why !== null) problem ??= new Unreadable(why.reason, `${kind} "${shown(name)}" ${why.message}`);
    return reading.certificates;
  }
}

const NONE = new Unreadable('no-certificate', 'holds no PEM certificate');

/**
 * The certificates of a kubeconfig: the current user's has the source's id, other users' and the clusters' CAs have
 * "/user/NAME" and "/cluster/NAME" after it. Files it refers to become sources of their own.
 */
export async function kubeconfigParts(
  scan: Scan,
  source: Source,
  reading: KubeconfigReading,
  facts: FileFacts,
): Promise<Parts> {
  const { path } = source;
  const certificates: ReadCertificate[] = [];
  const references: Source[] = [];
  for (const entry of reading.entries) {
    const { kind, name } = entry;
    const isUser = kind === 'user';
    const id = entry.isMain ? source.id : `${source.id}/${kind}/${shown(name)}`;
    if (entry.files !== null) references.push(referred(source, entry, id));
    for (const { certificate, der, index } of entry.certificates)
      certificates.push({
        id: index === 0 ? id : `${id}#${index}`,
        certificate,
        place: { kind: 'kubeconfig', path, entry: kind, name, index },
        owner: isUser ? ownerOf(source, certificate) : caOwner(source),
        key: isUser && index === 0 ? await userKey(entry.key, certificate) : notExpected,
        file: fileFacts(facts),
        component: isUser ? source.component : null,
        der,
        ca: isUser && index === 0 ? source.ca : null,
      });
  }
  return { certificates, problem: reading.problem ?? whyOfNoUse(source, reading), references };

  async function userKey(key: KeyId, certificate: ReadCertificate['certificate']) {
    if (key !== null) return keyFinding(scan, { path, facts }, key, certificate);
    return { state: 'missing' as const, path, mode: facts.mode, readableByOthers: false };
  }
}

/** The node's own kubeconfigs need a certificate, and a current context: their programs name none. */
function whyOfNoUse(source: Source, { entries }: KubeconfigReading): Unreadable | null {
  const hasCertificate = entries.some(
    ({ kind, certificates, files }) => kind === 'user' && (certificates.length > 0 || files),
  );
  return source.format === 'kubeconfig' && !hasCertificate
    ? new Unreadable('bad-kubeconfig', 'has no user with a client certificate')
    : null;
}

function referred(source: Source, { kind, files }: Entry, id: string): Source {
  const at = (path: string) => resolve(dirname(source.path), path);
  const key = files?.key ?? null;
  return makeSource({
    id,
    path: at(files?.certificate ?? ''),
    format: 'pem',
    owner: kind === 'user' ? source.owner : caOwner(source),
    key: key === null ? null : { path: at(key), expected: true },
    ca: kind === 'user' ? source.ca : null,
    component: source.component,
  });
}

/** An entry's name as part of an id, which alerts, metrics and lists repeat: it can be anything of any length. */
const shown = (name: string): string => short(name, 100);

/** A cluster entry's CA is the cluster's, wherever it is; in operators' files it is theirs to look after. */
function caOwner({ owner }: Source): Source['owner'] {
  return owner === 'operator' ? owner : 'cluster-ca';
}
