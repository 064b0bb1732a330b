import type { Inventory } from '../../domain/model/inventory.ts';
import type { InstallFile } from '../../domain/model/requests-report.ts';
import type { AnswerCertificate, RefusedAnswer } from '../../domain/model/signing-request.ts';
import { readLeaf } from '../../host/leaf.ts';
import { certificateTexts } from '../../host/pem.ts';
import type { Root } from '../../host/root.ts';
import { isSignedBy, parseCertificate } from '../../host/x509.ts';

/** The certificates in files of an answer, each with the CAs on this node that have signed it; and what of them cannot be used. */
export async function answersIn(
  root: Root,
  files: InstallFile[],
  { certificates }: Pick<Inventory, 'certificates'>,
): Promise<{ answers: AnswerCertificate[]; refused: RefusedAnswer[] }> {
  const authorities = await authoritiesOf(root, certificates);
  const answers: AnswerCertificate[] = [];
  const refused: RefusedAnswer[] = [];
  for (const file of files) {
    if ('refused' in file) {
      refused.push({ file: file.name, why: file.refused });
      continue;
    }
    for (const pem of certificateTexts(file.text)) {
      try {
        const certificate = parseCertificate(pem);
        const signers = authorities.filter((ca) => isSignedBy(pem, ca.pem)).map(({ path }) => path);
        answers.push({ file: file.name, certificate, pem, signers });
      } catch {
        refused.push({ file: file.name, why: 'holds a certificate that cannot be read' });
      }
    }
  }
  return { answers, refused };
}

/** The first certificate of each CA's file, from the disk. */
async function authoritiesOf(
  root: Root,
  certificates: Inventory['certificates'],
): Promise<{ path: string; pem: string }[]> {
  const paths = certificates.filter(
    ({ owner, place }) => owner === 'cluster-ca' && place.kind === 'pem' && place.index === 0,
  );
  return Promise.all(paths.map(async ({ place: { path } }) => ({ path, pem: (await readLeaf(root, path)).pem })));
}
