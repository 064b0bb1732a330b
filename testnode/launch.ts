import { fileURLToPath } from 'node:url';
import { HARD_WAY_UNITS } from './hard-way-layout.ts';
import type { NodeRecord } from './options.ts';
import { k3sFlavour } from './options.ts';
import { put } from './put.ts';

export type StandInCommand = { program: string; arguments: string[]; env: Record<string, string> };

let entry = fileURLToPath(new URL('./stand-in/main.ts', import.meta.url));

/** A stand-in starts others from its own file: the source, or a bundle of it. */
export function startFrom(file: string): void {
  entry = file;
}

/** How a stand-in is started: the program, its first arguments and its environment. */
export function standInCommand(name: string, root: string): StandInCommand {
  const first = ['--disable-warning=ExperimentalWarning', entry, name, root];
  return { program: process.execPath, arguments: first, env: startEnvironment() };
}

/** A dozen processes compile the same files: with a cache, a start takes half the time. */
export function startEnvironment(): Record<string, string> {
  return { NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/certagent-testnode', import.meta.url)) };
}

/** Puts the node's programs on its PATH: each an executable that hands its arguments to the stand-in. */
export function layOutPrograms(root: string, node: NodeRecord): void {
  const flavour = k3sFlavour(node.kind);
  const programs = ['usr/bin/systemctl', 'usr/bin/journalctl', 'usr/bin/timedatectl'];
  if (node.sandbox) programs.push('usr/bin/systemd-run');
  if (node.kind === 'k0s-controller') programs.push('usr/local/bin/k0s');
  else if (node.kind === 'hard-way') programs.push(...HARD_WAY_UNITS.map((name) => `usr/local/bin/${name}`));
  else if (flavour === undefined) programs.push('usr/bin/kubeadm', 'usr/bin/kubelet');
  else programs.push(`usr/local/bin/${flavour}`);
  for (const path of programs) {
    const { program, arguments: first, env } = standInCommand(path.slice(path.lastIndexOf('/') + 1), root);
    const variables = Object.entries(env).map(([key, value]) => `export ${key}=${quoted(value)}\n`);
    put(root, path, `#!/bin/sh\n${variables.join('')}exec ${[program, ...first].map(quoted).join(' ')} "$@"\n`, 0o755);
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
