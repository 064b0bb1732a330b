import { fileURLToPath } from 'node:url';
import type { NodeRecord } from './options.ts';
import { k3sFlavour } from './options.ts';
import { put } from './put.ts';

/** The one place that knows how a stand-in is started: the program and its first arguments. */
export function standInCommand(name: string, root: string): { program: string; arguments: string[] } {
  const main = fileURLToPath(new URL('./stand-in/main.ts', import.meta.url));
  return { program: process.execPath, arguments: ['--disable-warning=ExperimentalWarning', main, name, root] };
}

/** Puts the node's programs on its PATH: each an executable that hands its arguments to the stand-in. */
export function layOutPrograms(root: string, node: NodeRecord): void {
  const flavour = k3sFlavour(node.kind);
  const programs = ['usr/bin/systemctl', 'usr/bin/timedatectl'];
  if (flavour === undefined) programs.push('usr/bin/kubeadm', 'usr/bin/kubelet');
  else programs.push(`usr/local/bin/${flavour}`);
  for (const path of programs) {
    const { program, arguments: first } = standInCommand(path.slice(path.lastIndexOf('/') + 1), root);
    put(root, path, `#!/bin/sh\nexec ${[program, ...first].map(quoted).join(' ')} "$@"\n`, 0o755);
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
