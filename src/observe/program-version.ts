import { run } from '../host/commands.ts';
import { PROGRAMS } from '../host/programs.ts';
import type { Root } from '../host/root.ts';

/** The version in what a program prints ("v1.31.4", "v1.33.1+k3s1"); null when it prints none. */
export async function versionOf(root: Root, program: string, args: string[]): Promise<string | null> {
  try {
    const { stdout } = await run(root, program, args, { limit: PROGRAMS.version.limit });
    return /\bv\d{1,4}\.\d{1,4}\.\d{1,4}[0-9A-Za-z.+-]{0,60}/.exec(stdout)?.[0] ?? null;
  } catch {
    return null;
  }
}
