import { symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { KUBEADM } from '../../domain/distributions/names.ts';
import type { Certificate } from '../../domain/model/certificate.ts';
import { CertagentError } from '../../domain/model/errors.ts';
import { has, shownSan } from '../../domain/names/san.ts';
import type { StepOf } from '../../domain/plan/steps/step-rules.ts';
import { day } from '../../domain/time/day.ts';
import { run } from '../../host/commands.ts';
import { readSmall, writeAtomic } from '../../host/files.ts';
import { followLinks } from '../../host/links.ts';
import type { Root } from '../../host/root.ts';
import { list, nodePath, number, object, orNull, tag, text } from '../../host/shape.ts';
import { namesConfig } from '../names/names-config.ts';
import { putPair } from '../names/put-pair.ts';
import { makePlace } from '../rehearsal/place.ts';
import { checkRenewed, renewedCertificate } from '../verify/check-renewed.ts';
import { restoring, type StepActor, type StepContext } from './actor.ts';
import { kubeadmError } from './kubeadm-error.ts';
import { expectation } from './step-shapes.ts';

type AddNamesStep = StepOf<'add-names'>;

export const addNames: StepActor<AddNamesStep> = {
  schema: object({
    kind: tag('add-names'),
    config: nodePath,
    version: text,
    node: text,
    advertiseAddress: text,
    serviceRange: orNull(text),
    certificatesDir: nodePath,
    names: list(text),
    expect: expectation,
    limit: number,
  }),
  writes,
  undo: (step, { plan }) => restoring(writes(step), plan),
  isDone: async ({ expect }, { root }) => {
    const already = await renewedCertificate(root, expect);
    return already === null ? null : `has these names already, expires ${day(already.notAfter)}`;
  },
  act,
};

function writes({ expect }: AddNamesStep): string[] {
  return [expect.keyPath, expect.path];
}

/**
 * Makes the pair in a directory of root's alone, which goes when the step ends, or with the next start of a certagent that was killed. The
 * CA is not copied there: kubeadm follows links (measured on v1.36). Throws CertagentError KUBEADM_FAILED, KUBEADM_TIMEOUT,
 * BAD_YAML, SANS_UNEXPECTED, or what `checkRenewed` throws, before anything of the node is changed.
 */
async function act(step: AddNamesStep, { root }: StepContext): Promise<string> {
  const { expect, names } = step;
  const place = await makePlace(root);
  try {
    await linkAuthority(root, step.certificatesDir, place.image);
    const directory = root.own(place.image);
    const config = (await readSmall(await followLinks(root, step.config))).bytes.toString('utf8');
    await writeAtomic(join(place.image, CONFIG), namesConfig(config, directory, step), { mode: 0o600 });
    const argv = ['init', 'phase', 'certs', 'apiserver', '--config', `${directory}/${CONFIG}`];
    const result = await run(root, KUBEADM, argv, { limit: step.limit });
    if (result.exitCode !== 0)
      throw kubeadmError({ argv, limit: step.limit }, result, {
        ifFailed: `See whether kubeadm accepts ${step.config}: kubeadm config validate --config ${step.config}`,
      });
    const made = { ...expect, path: `${directory}/apiserver.crt`, keyPath: `${directory}/apiserver.key` };
    const certificate = await checkRenewed(root, made);
    refuseUnexpected(step, certificate);
    await putPair(root, made, expect);
    return `added ${names.map(shownSan).join(', ')}; new certificate expires ${day(certificate.notAfter)}`;
  } finally {
    await place.remove();
  }
}

const CONFIG = 'kubeadm.yaml';

async function linkAuthority(root: Root, certificatesDir: string, directory: string): Promise<void> {
  for (const name of ['ca.crt', 'ca.key']) {
    const file = await followLinks(root, `${certificatesDir}/${name}`);
    await symlink(relative(directory, file), join(directory, name));
  }
}

/** A name that the plan did not show: somebody has changed the configuration since. */
function refuseUnexpected({ expect, config }: AddNamesStep, { sans }: Certificate): void {
  const more = sans.filter((san) => !has(expect.old?.sans ?? [], san));
  if (more.length === 0) return;
  throw new CertagentError(
    'SANS_UNEXPECTED',
    `kubeadm made a certificate with more names than the plan says: ${more.map(shownSan).join(', ')}`,
    {
      remedy: `See what ${config} says; then: certagent plan`,
    },
  );
}
