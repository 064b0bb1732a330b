import type { Certificate } from '../../domain/model/certificate.ts';
import type { Inventory } from '../../domain/model/inventory.ts';
import type { InstallFile } from '../../domain/model/requests-report.ts';
import type { AnswerCertificate, RefusedAnswer } from '../../domain/model/signing-request.ts';
import { pathTo } from '../../host/chain.ts';
import { readLeaf } from '../../host/leaf.ts';
import { certificateTexts } from '../../host/pem.ts';
import { whyGoRefuses } from '../../host/refused-by-go.ts';
import type { Root } from '../../host/root.ts';
import { parseCertificate } from '../../host/x509.ts';

type Authority = { path: string; pem: string };
type Read = { file: string; certificate: Certificate; pem: string };

/**
 * The certificates in files of an answer, each with the CAs on this node that have signed it, and the intermediate CAs between, which may
 * be in any of the files; and what of them cannot be used.
 */
export async function answersIn(
  root: Root,
  files: InstallFile[],
  { certificates }: Pick<Inventory, 'certificates'>,
): Promise<{ answers: AnswerCertificate[]; refused: RefusedAnswer[] }> {
  const authorities = await authoritiesOf(root, certificates);
  const read: Read[] = [];
  const refused: RefusedAnswer[] = [];
  for (const file of files) {
    if ('refused' in file) {
      refused.push({ file: file.name, why: file.refused });
      continue;
    }
    for (const pem of certificateTexts(file.text))
      try {
        read.push({ file: file.name, certificate: parseCertificate(pem), pem });
      } catch {
        refused.push({ file: file.name, why: 'holds a certificate that cannot be read' });
      }
  }
  const intermediates = new Map(
    read.filter(({ certificate }) => certificate.isCa).map((one) => [one.pem, one.certificate]),
  );
  return { answers: read.map((one) => answerOf(one, intermediates, authorities)), refused };
}

function answerOf(one: Read, intermediates: Map<string, Certificate>, authorities: Authority[]): AnswerCertificate {
  const { pem } = one;
  const between = [...intermediates.keys()].filter((other) => other !== pem);
  const paths = authorities.flatMap((ca) => {
    const path = pathTo([pem, ...between], ca.pem);
    return path === null ? [] : [{ ca, path }];
  });
  const [first] = paths;
  return {
    ...one,
    signers: paths.map(({ ca }) => ca.path),
    chain: (first?.path ?? []).map((each) => ({ certificate: intermediates.get(each)!, pem: each })),
    flaw: first === undefined ? null : whyGoRefuses([pem, ...first.path], first.ca.pem),
  };
}

/** The first certificate of each CA's file, from the disk. */
async function authoritiesOf(root: Root, certificates: Inventory['certificates']): Promise<Authority[]> {
  const paths = certificates.filter(
    ({ owner, place }) => owner === 'cluster-ca' && place.kind === 'pem' && place.index === 0,
  );
  return Promise.all(paths.map(async ({ place: { path } }) => ({ path, pem: (await readLeaf(root, path)).pem })));
}
