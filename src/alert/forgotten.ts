import { readdir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Removes what waits below `directory`, the spools, for sinks that the configuration no longer has. */
export async function clearForgotten(directory: string, sinks: { name: string }[]): Promise<void> {
  const names = await readdir(directory).catch(() => [] as string[]);
  for (const name of names.filter((name) => !sinks.some((sink) => sink.name === name))) {
    const files = await readdir(join(directory, name)).catch(() => [] as string[]);
    for (const file of files) await unlink(join(directory, name, file)).catch(() => {});
    await rmdir(join(directory, name)).catch(() => {});
  }
}
