// Before the tests: the packages that some of them try, of the source as it stands, for this machine.
import { join } from 'node:path';
import { PROJECT } from '../../build/project.ts';
import { run } from '../../build/run.ts';
import { buildTools } from './support.ts';

const lacking = buildTools();
if (lacking === false) run(process.execPath, [join(PROJECT, 'build/main.ts'), '--package', process.arch]);
else console.log(`no packages: ${lacking}`);
