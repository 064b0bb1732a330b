import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from './bundle.ts';
import { executable } from './executable.ts';
import type { Architecture } from './project.ts';

export const executableName = (architecture: Architecture): string =>
  architecture === 'x64' ? 'certagent' : `certagent-${architecture}`;

/** Builds into a directory; each file appears there when it is complete. */
export async function buildExecutables(
  directory: string,
  architectures: Architecture[],
): Promise<{ file: string; bytes: number }[]> {
  await mkdir(directory, { recursive: true });
  const scratch = await mkdtemp(join(directory, '.build-'));
  try {
    const script = await bundle(scratch);
    const built = [];
    for (const architecture of architectures) {
      const file = join(directory, executableName(architecture));
      await executable(script, file, architecture, scratch);
      built.push({ file, bytes: (await stat(file)).size });
    }
    return built;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
