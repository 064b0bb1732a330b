// Everything that reads a text somebody else may have written, as the worker of nasty.test.ts calls it by name.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseConfig } from '../../src/config/load.ts';
import { printableJson, said, short } from '../../src/domain/text/printable.ts';
import { parseDynamicCert } from '../../src/host/dynamic-cert.ts';
import { parseKubeconfig } from '../../src/host/kubeconfig.ts';
import { readPem } from '../../src/host/pem.ts';
import { Root } from '../../src/host/root.ts';
import { groupId, users } from '../../src/host/users.ts';
import { parseCertificate, publicKeyOfPrivate } from '../../src/host/x509.ts';
import { parseYaml } from '../../src/host/yaml.ts';
import { K3S } from '../../src/observe/k3s/k3s.ts';
import { readSources } from '../../src/observe/read-sources.ts';
import { source } from '../../src/observe/source.ts';
import { annotate } from '../../src/renew/components/annotation.ts';
import { recordOf } from '../../src/renew/journal/journal-record.ts';
import { readContent } from '../../src/sync/copy-content.ts';
import { settingsOf } from '../observe/k3s-settings-of.ts';

export const PARSERS: Record<string, (text: string) => unknown> = {
  readPem,
  parseDynamicCert,
  parseCertificate,
  publicKeyOfPrivate,
  parseYaml,
  parseKubeconfig,
  readContent,
  annotate: (text) => annotate(text, '2026'),
  parseConfig: (text) => parseConfig(text, '/config.toml'),
  recordOf,
  said: (text) => [said(text), short(text), printableJson(text).length],
  passwd: (text) => withFile('/etc/passwd', text, users),
  group: (text) => withFile('/etc/group', text, (root) => groupId(root, 'certagent')),
  'config.yaml': (text) => withFile('/etc/rancher/k3s/config.yaml', text, (root) => settingsOf(root, K3S)),
  'k3s.service': (text) =>
    withFile('/etc/systemd/system/k3s.service', `[Service]\nExecStart=/usr/local/bin/k3s server ${text}`, (root) =>
      settingsOf(root, K3S),
    ),
};

/** These read again, after a pause, what looks half-written: all are under way at once. */
export const PATIENT: Record<string, (text: string) => Promise<unknown>> = {
  'any file': (text) =>
    withFile('/f', text, async (root) => {
      const read = await readSources(root, [source({ id: 'f', path: '/f', format: 'any', owner: 'operator' })]);
      return read.length;
    }),
  'dynamic-cert.json': (text) =>
    withFile('/f', text, (root) =>
      readSources(root, [source({ id: 'f', path: '/f', format: 'dynamic-cert', owner: 'k3s' })]),
    ),
};

async function withFile<T>(path: string, text: string, read: (root: Root) => Promise<T>): Promise<T> {
  const root = new Root(mkdtempSync(join(tmpdir(), 'certagent-nasty-')));
  try {
    mkdirSync(dirname(root.at(path)), { recursive: true });
    writeFileSync(root.at(path), text.slice(0, 1024 * 1024));
    return await read(root);
  } finally {
    rmSync(root.prefix, { recursive: true, force: true });
  }
}
