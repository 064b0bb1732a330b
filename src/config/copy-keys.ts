import * as z from './fields.ts';
import { absolutePath, note, unitName } from './fields.ts';

const COPY_FORMATS = ['pem', 'fullchain', 'key', 'key-and-certificate'] as const;

const accountName = () =>
  z.string().check(z.regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}$/, 'is not the name of an account'));

/** The keys of one [[copies.certificates]]. */
const certificateCopyKeys = z.strictObject({
  from: note(z.string(), 'The certificate, by the name that certagent status shows.', 'apiserver'),
  to: note(
    absolutePath(),
    'The file. Its directory must exist and belong to root, as must every directory on its path; none may be a link.',
    '/etc/nginx/ssl/k8s.pem',
  ),
  format: note(
    z.prefault(z.enum(COPY_FORMATS), 'fullchain'),
    'pem: the certificate alone; fullchain: all certificates of its file; key: its private key; key-and-certificate: the key, then all certificates.',
  ),
  key_to: note(
    z.optional(absolutePath()),
    'A second file, for the private key. Both files change together. With the formats pem and fullchain.',
    '/etc/nginx/ssl/k8s.key',
  ),
  owner: note(z.prefault(accountName(), 'root'), 'Owner of the files.'),
  group: note(z.prefault(accountName(), 'root'), 'Group of the files.'),
  mode: note(
    z.optional(z.string().check(z.regex(/^0?[0-7]{3}$/, 'is not a mode: use the form "0640"'))),
    'Mode of the file with the private key (0600 unless it is set), or of the only file (0644). Nobody but owner and group may have access to a key.',
    '0640',
  ),
  reload: note(z.optional(unitName()), 'systemd unit that is reloaded when a file has changed.', 'nginx.service'),
  served: note(
    z.optional(
      z
        .string()
        .check(
          z.regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):\d{1,5}$/, 'is not an address: use the form "127.0.0.1:8443"'),
        ),
    ),
    'Address where the service must serve this certificate.',
    '127.0.0.1:8443',
  ),
});

export type CertificateCopy = z.infer<typeof certificateCopyKeys>;

export const certificateCopyTables = () =>
  note(
    z.prefault(z.array(certificateCopyKeys), []),
    "A copy of one of the node's certificates for a service. Repeat the table for more.",
  );

/** Whether a private key is in the file or in its second one. */
export function holdsPrivateKey({ format, key_to }: Pick<CertificateCopy, 'format' | 'key_to'>): boolean {
  return key_to !== undefined || format === 'key' || format === 'key-and-certificate';
}

/** Mode of the file with the key, or of the only file. */
export function modeOf(copy: Pick<CertificateCopy, 'format' | 'key_to' | 'mode'>): number {
  return Number.parseInt(copy.mode ?? (holdsPrivateKey(copy) ? '0600' : '0644'), 8);
}
