// A CA that is not on the node, as a person runs one: Debian's `openssl ca`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export type OpensslCa = {
  directory: string;
  /** Signs each DIR/*.csr; the answers are in `to`, as NAME.pem. Returns their paths. */
  signAll(from: string, to: string, options?: SignOptions): string[];
};

export type SignOptions = {
  days?: number;
  /** Lines of the section of extensions, in place of those in the request. */
  extensions?: string;
  /** "YYYYMMDDHHMMSSZ" */
  from?: string;
  until?: string;
  subject?: string;
  digest?: string;
};

/** With the certificate and the key of the CA, PEM. */
export function opensslCa(directory: string, certificatePem: string, keyPem: string): OpensslCa {
  mkdirSync(join(directory, 'certificates'), { recursive: true });
  writeFileSync(join(directory, 'ca.crt'), certificatePem);
  writeFileSync(join(directory, 'ca.key'), keyPem, { mode: 0o600 });
  writeFileSync(join(directory, 'index.txt'), '');
  return {
    directory,
    signAll(from, to, options = {}) {
      mkdirSync(to, { recursive: true });
      const requests = readdirSync(from).filter((name) => name.endsWith('.csr'));
      return requests.map((name) =>
        sign(directory, join(from, name), join(to, `${basename(name, '.csr')}.pem`), options),
      );
    },
  };
}

function sign(
  directory: string,
  request: string,
  answer: string,
  { days = 365, extensions, from, until, subject, digest = 'sha256' }: SignOptions,
): string {
  const config = join(directory, 'ca.cnf');
  writeFileSync(
    config,
    `[ca]
default_ca = here
[here]
dir = ${directory}
database = $dir/index.txt
new_certs_dir = $dir/certificates
certificate = $dir/ca.crt
private_key = $dir/ca.key
rand_serial = yes
default_md = ${digest}
policy = any
preserve = yes
unique_subject = no
x509_extensions = leaf
${extensions === undefined ? 'copy_extensions = copy' : ''}
[any]
organizationName = optional
commonName = supplied
[leaf]
basicConstraints = critical,CA:FALSE
${extensions ?? ''}
`,
  );
  const dates = [
    ...(from === undefined ? [] : ['-startdate', from]),
    ...(until === undefined ? [] : ['-enddate', until]),
  ];
  const words = ['ca', '-batch', '-notext', '-config', config, '-in', request, '-out', answer];
  const more = subject === undefined ? [] : ['-subj', subject];
  execFileSync('openssl', [...words, ...(until === undefined ? ['-days', String(days)] : []), ...dates, ...more], {
    stdio: 'pipe',
  });
  return readFileSync(answer, 'utf8') === '' ? '' : answer;
}
