// compile.mjs DIRECTORY: writes each part's bytecode beside it. Run with V8's options of the executable, which refuses
// bytecode made with others. (Not TypeScript: Node strips types by WebAssembly, which these options switch off.)
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';

const directory = process.argv[2];
for (const name of readdirSync(directory).filter((each) => each.endsWith('.js'))) {
  const file = join(directory, name);
  const { cachedData } = compileFunction(readFileSync(file, 'utf8'), ['require', 'module', 'exports'], {
    filename: `./${name}`,
    produceCachedData: true,
  });
  writeFileSync(`${file}.cache`, cachedData);
}
