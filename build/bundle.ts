import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build, type Metafile, type Plugin, type TransformOptions, transform } from 'esbuild';
import { PROJECT } from './project.ts';

export type Bundle = {
  /** The file the executable starts with. */
  main: string;
  /** Where the parts are that it loads on demand. */
  parts: string;
};

/** What the commands that answer at once load. Each part by itself would cost a command as much as the code in it. */
const AT_ONCE = ['src/main.ts', 'src/cli/command-line.ts', 'src/cli/commands/status.ts', 'src/cli/commands/check.ts'];

/**
 * src/main.ts and all it imports as CommonJS files, cut where the source says `await import()`. A part costs nothing,
 * neither time nor memory, until it is loaded. The first part (`start.ts`) holds the ones of AT_ONCE as functions. The same
 * source gives the same bytes.
 */
export async function bundle(directory: string): Promise<Bundle> {
  const parts = join(directory, 'parts');
  await mkdir(parts, { recursive: true });
  const { outputFiles, metafile } = await build({
    absWorkingDir: PROJECT,
    entryPoints: ['src/main.ts'],
    outdir: parts,
    write: false,
    metafile: true,
    bundle: true,
    // esbuild splits only this format.
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: TARGET,
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
    // A package needs its own path only to find files beside it, and the executable has none.
    define: { 'import.meta.url': '"file:///usr/bin/certagent"' },
    plugins: [plainRequire],
  });
  const whole = wholePackages(metafile);
  const atOnce = loadedBy(AT_ONCE, metafile);
  const first: string[] = [];
  for (const { path, text } of outputFiles) {
    const name = basename(path);
    const code = `${await commonJs(text)}${whole.has(name) ? 'module.exports=module.exports.default;\n' : ''}`;
    const run = `(require,module,exports)=>{${code}}`;
    if (atOnce.has(name)) first.push(`${JSON.stringify(`./${name}`)}:${run}`);
    else await writeFile(join(parts, name), `(${run})\n`);
  }
  await writeFile(join(parts, 'first.js'), `({${first.sort().join(',')}})\n`);
  const main = join(directory, 'start.cjs');
  await writeFile(main, await commonJs(await readFile(join(PROJECT, 'build/start.ts'), 'utf8'), { loader: 'ts' }));
  return { main, parts };
}

/**
 * Parts that are one CommonJS package, imported by itself: esbuild hands out nothing of it but the default, while Node.js
 * (and so the source) knows its names.
 */
function wholePackages({ inputs, outputs }: Metafile): Set<string> {
  const found = Object.entries(outputs).filter(
    ([, { entryPoint }]) => entryPoint !== undefined && inputs[entryPoint]?.format === 'cjs',
  );
  return new Set(found.map(([path]) => basename(path)));
}

/** The parts that entry points consist of. */
function loadedBy(entryPoints: string[], { outputs }: Metafile): Set<string> {
  const found = new Set<string>();
  const add = (path: string) => {
    if (found.has(basename(path))) return;
    found.add(basename(path));
    for (const { kind, external, path: next } of outputs[path]!.imports)
      if (kind === 'import-statement' && external !== true) add(next);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs)) if (entryPoints.includes(entryPoint ?? '')) add(path);
  return found;
}

const TARGET = 'node24';

async function commonJs(text: string, options: TransformOptions = {}): Promise<string> {
  // In a single executable `import()` is unknown: it becomes a `require` whose answer is awaited.
  const supported = { 'dynamic-import': false };
  return (
    await transform(text, { format: 'cjs', platform: 'node', target: TARGET, minify: true, supported, ...options })
  ).code;
}

/** esbuild does not know a `require` made by createRequire; without it esbuild bundles the call, which still loads late. */
export const plainRequire: Plugin = {
  name: 'plain-require',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/host\/(logger|yaml)\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: text.replace('const require = createRequire(import.meta.url);', ''), loader: 'ts' };
    });
  },
};
