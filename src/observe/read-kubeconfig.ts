import { dirname, resolve } from 'node:path';
import type { Place } from '../domain/model/certificate.ts';
import { CertagentError } from '../domain/model/errors.ts';
import { short } from '../domain/text/printable.ts';
import { currentEntries, type Kubeconfig, parseKubeconfig } from '../host/kubeconfig.ts';
import { splitPem } from '../host/x509.ts';
import { type Content, Unreadable } from './file-content.ts';
import { keyInText } from './key.ts';
import { fileFacts, parseAll } from './read-pem.ts';
import type { Scan } from './scan.ts';
import { source as makeSource, ownerOf, type Parts, type ReadCertificate, type Source } from './source.ts';

/**
 * The certificates of a kubeconfig: the current user's has the source's id, other users' and the clusters' CAs have
 * "/user/NAME" and "/cluster/NAME" after it. Files it refers to become sources of their own. Throws Unreadable.
 */
export async function readKubeconfig(scan: Scan, source: Source, content: Content): Promise<Parts> {
  const config = parse(content.text);
  const certificates: ReadCertificate[] = [];
  const references: Source[] = [];
  let problem: Unreadable | null = null;
  const main = currentEntries(config)?.user ?? config.users[0];

  for (const user of config.users) {
    const id = user === main ? source.id : `${source.id}/user/${shown(user.name)}`;
    if (user.certificate !== null) await add(id, 'user', user.name, user.certificate, user.key);
    else if (user.certificateFile !== null)
      refer({ id, path: user.certificateFile, key: user.keyFile, ca: source.ca, owner: source.owner });
  }
  for (const cluster of config.clusters) {
    const id = `${source.id}/cluster/${shown(cluster.name)}`;
    if (cluster.ca !== null) await add(id, 'cluster', cluster.name, cluster.ca, null);
    else if (cluster.caFile !== null) refer({ id, path: cluster.caFile, key: null, ca: null, owner: caOwner(source) });
  }
  if (source.format === 'kubeconfig' && !config.users.some(hasCertificate))
    problem ??= new Unreadable('bad-kubeconfig', 'has no user with a client certificate');
  return { certificates, problem, references };

  async function add(id: string, entry: 'user' | 'cluster', name: string, text: string, key: string | null) {
    try {
      const all = parseAll(splitPem(text));
      problem ??= all.problem;
      for (const { certificate, text: pem, index } of all.parsed) {
        const place: Place = { kind: 'kubeconfig', path: source.path, entry, name, index };
        certificates.push({
          id: index === 0 ? id : `${id}#${index}`,
          certificate,
          place,
          owner: entry === 'cluster' ? caOwner(source) : ownerOf(source, certificate),
          key: entry === 'user' && index === 0 ? await userKey(key, certificate) : { state: 'not-expected' },
          file: fileFacts(content),
          component: entry === 'user' ? source.component : null,
          pem,
          ca: entry === 'user' && index === 0 ? source.ca : null,
        });
      }
    } catch (error) {
      // The entry's name is told, its content never.
      const reason = error instanceof Unreadable ? error : new Unreadable('bad-kubeconfig', 'cannot be read');
      problem ??= new Unreadable(reason.reason, `${entry} "${shown(name)}" ${reason.message}`);
    }
  }

  async function userKey(key: string | null, certificate: ReadCertificate['certificate']) {
    const { path } = source;
    if (key === null) return { state: 'missing' as const, path, mode: content.facts.mode, readableByOthers: false };
    return keyInText(scan, { path, text: key, facts: content.facts }, certificate);
  }

  function refer(to: { id: string; path: string; key: string | null; ca: string | null; owner: Source['owner'] }) {
    const at = (path: string) => resolve(dirname(source.path), path);
    references.push(
      makeSource({
        id: to.id,
        path: at(to.path),
        format: 'pem',
        owner: to.owner,
        key: to.key === null ? null : { path: at(to.key), expected: true },
        ca: to.ca,
        component: source.component,
      }),
    );
  }
}

/** An entry's name as part of an id, which alerts, metrics and lists repeat: it can be anything of any length. */
const shown = (name: string): string => short(name, 100);

function parse(text: string): Kubeconfig {
  try {
    return parseKubeconfig(text);
  } catch (error) {
    throw new Unreadable('bad-kubeconfig', error instanceof CertagentError ? error.message : 'is no kubeconfig');
  }
}

const hasCertificate = (user: Kubeconfig['users'][number]) =>
  user.certificate !== null || user.certificateFile !== null;

/** A cluster entry's CA is the cluster's, wherever it stands; in operators' files it is theirs to look after. */
function caOwner({ owner }: Source): Source['owner'] {
  return owner === 'operator' ? owner : 'cluster-ca';
}
