import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { PROJECT } from './project.ts';

/**
 * src/main.ts and all it imports as one CommonJS file. A module stays unevaluated until it is first imported: an
 * `await import()` of the source is one here too. The same source gives the same bytes.
 */
export async function bundle(outfile: string): Promise<void> {
  await build({
    absWorkingDir: PROJECT,
    entryPoints: ['src/main.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    minify: true,
    // Errors and V8's own traces name functions.
    keepNames: false,
    legalComments: 'none',
    logLevel: 'warning',
    // A package tells where its file lies only to find files beside it, of which the executable has none.
    define: { 'import.meta.url': '"file:///usr/bin/certagent"' },
    plugins: [plainRequire],
  });
}

/** `require` made by createRequire is a stranger to esbuild; without it the call is bundled, and stays as late as it is. */
const plainRequire: Plugin = {
  name: 'plain-require',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/host\/(logger|yaml)\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: text.replace('const require = createRequire(import.meta.url);', ''), loader: 'ts' };
    });
  },
};

export const bundleFile = (directory: string): string => join(directory, 'certagent.cjs');
