// Stand-in for whatever runs in a static pod that is not the control plane's: it runs, and loads nothing.
import { readFaults } from '../options.ts';
import { hang } from './process.ts';

export async function other(root: string, name: string): Promise<void> {
  if (readFaults(root).neverComesBack.includes(name)) process.exit(1);
  await hang(root, name);
}
