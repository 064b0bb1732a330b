import type { NodeRecord } from './options.ts';

export async function startNode(_root: string, _node: NodeRecord): Promise<void> {
  throw new Error('the stand-ins are not there yet');
}

export async function stopNode(_root: string): Promise<void> {}
