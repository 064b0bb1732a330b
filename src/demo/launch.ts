import { isSea } from 'node:sea';
import { fileURLToPath } from 'node:url';
import { ourselves, STAND_IN } from '../host/self.ts';
import type { NodeRecord } from './options.ts';
import { k3sFlavour } from './options.ts';
import { put } from './put.ts';

export type StandInCommand = { program: string; arguments: string[]; env: Record<string, string> };

/** The one place that knows how a stand-in is started: the program, its first arguments and its environment. */
export function standInCommand(name: string, root: string): StandInCommand {
  const { program, first } = ourselves();
  return { program, arguments: [...first, STAND_IN, name, root], env: startEnvironment() };
}

/** From the source tree a dozen processes strip and compile the same files: from the cache a start takes half the time. */
export function startEnvironment(): Record<string, string> {
  if (isSea()) return {};
  return { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/certagent-demo', import.meta.url)) };
}

/** Puts the node's programs on its PATH: each an executable that hands its arguments to the stand-in. */
export function layOutPrograms(root: string, node: NodeRecord): void {
  const flavour = k3sFlavour(node.kind);
  const programs = ['usr/bin/systemctl', 'usr/bin/timedatectl'];
  if (flavour === undefined) programs.push('usr/bin/kubeadm', 'usr/bin/kubelet');
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
