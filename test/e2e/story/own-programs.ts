// What a renewal does beside the cluster: the operator's hook, a service's copy, a file for node_exporter.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { eventually } from '../../testnode/support.ts';
import { put } from '../node.ts';
import { configure, lines, ownerOf, type Scene } from '../support.ts';

const HOOK = '/usr/local/sbin/after-renewal';
const COPY = '/etc/ssl/own/api.pem';
const METRICS = '/var/lib/prometheus/node-exporter/node.prom';

// certagent's own unit could write to /usr as little as it could see the machine's /tmp.
const PROGRAM = `#!/bin/sh
echo "hook as $(id -un), $CERTAGENT_EVENT"
test -e /tmp/of-the-machine && echo "$CERTAGENT_RENEWED_FILES" >/usr/share/hook-ran
`;

/** Loads a configuration that names them. `from`: the certificate of the API server. */
export async function prepares(here: Scene, from: string): Promise<void> {
  const { machine } = here;
  put(machine, HOOK, PROGRAM, 0o755);
  await machine.must('touch', '/tmp/of-the-machine');
  await machine.must('install', '-d', '-m', '755', '/etc/ssl/own');
  // As Debian's prometheus-node-exporter has it: the directory above belongs to a user.
  await machine.must('install', '-d', '-m', '755', '-o', 'carol', '/var/lib/prometheus');
  await machine.must('install', '-d', '-m', '755', '/var/lib/prometheus/node-exporter');
  const text = [
    `[metrics]\ntextfile = "${METRICS}"`,
    `[[hooks]]\non = "renewed"\ncommand = ["${HOOK}"]`,
    `[[copies.certificates]]\nfrom = "${from}"\nto = "${COPY}"\nkey_to = "${COPY}.key"`,
  ];
  await configure(here, 'observe', text.join('\n'));
  await machine.must('systemctl', 'reload', 'certagent');
}

/** After the renewal. `file`: with the certificate of the API server. */
export function givesToOthers(t: TestContext, here: Scene, file: string): Promise<void> {
  const { machine } = here;
  return t.test(
    "the hook ran outside of certagent's sandbox; the service's copy and the metrics are there",
    async () => {
      assert.match(await machine.must('cat', '/usr/share/hook-ran'), /\/.*apiserver\.crt\n/);
      const said = (await lines(here)).filter(({ text }) => text.startsWith('hook as root, renewed'));
      assert.deepEqual(
        said.map(({ priority }) => priority),
        [6],
      );
      const serialOf = (path: string) => new X509Certificate(readFileSync(machine.at(path))).serialNumber;
      await eventually(() => serialOf(COPY) === serialOf(file));
      assert.equal(await ownerOf(here, COPY), 'root:root 644');
      assert.equal(await ownerOf(here, `${COPY}.key`), 'root:root 600');
      assert.match(await machine.must('cat', METRICS), /^certagent_build_info\{/m);
    },
  );
}
