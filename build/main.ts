// npm run build: dist/certagent (amd64) and dist/certagent-arm64. npm run package: the packages with them.
// Words: architectures (amd64 or x64, arm64) to build only those; --out DIR instead of dist; --fast compresses less.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildExecutables } from './build.ts';
import { makePackages } from './packages.ts';
import { type Architecture, DEBIAN, PROJECT } from './project.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, package: { type: 'boolean' }, fast: { type: 'boolean', default: false } },
});
const all = Object.keys(DEBIAN) as Architecture[];
const wanted = positionals.length === 0 ? all : positionals.map(named);
const directory = values.out ?? join(PROJECT, 'dist');
const made = await buildExecutables(directory, wanted);
if (values.package) made.push(...(await makePackages(directory, wanted, values)));
for (const { file, bytes } of made) console.log(`${(bytes / 1024 / 1024).toFixed(1).padStart(7)} MiB  ${file}`);

function named(word: string): Architecture {
  const architecture = all.find((each) => word === each || word === DEBIAN[each]);
  if (architecture !== undefined) return architecture;
  console.error(`build: ${word} is none of the architectures amd64, arm64`);
  process.exit(2);
}
