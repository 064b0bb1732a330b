// npm run build: dist/certagent (amd64) and dist/certagent-arm64. npm run package: the packages with them.
// Words: architectures (x64, arm64) to build only those; --out DIR instead of dist.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildExecutables } from './build.ts';
import { makePackages } from './packages.ts';
import { type Architecture, PROJECT } from './project.ts';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string' }, package: { type: 'boolean' } },
});
const wanted = (positionals.length === 0 ? ['x64', 'arm64'] : positionals) as Architecture[];
const directory = values.out ?? join(PROJECT, 'dist');
const made = await buildExecutables(directory, wanted);
if (values.package) made.push(...(await makePackages(directory, wanted)));
for (const { file, bytes } of made) console.log(`${(bytes / 1024 / 1024).toFixed(1).padStart(7)} MiB  ${file}`);
