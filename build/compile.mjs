// compile.mjs DIRECTORY: writes each part's bytecode beside it. compile.mjs DIRECTORY check: fails when the executable would
// refuse one. Run with V8's options of the executable, which refuses bytecode made with others. (Not TypeScript: Node strips
// types by WebAssembly, which these options switch off.)
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

const [directory, check] = process.argv.slice(2);
for (const name of readdirSync(directory).filter((each) => each.endsWith('.js'))) {
  const file = join(directory, name);
  const text = readFileSync(file, 'utf8');
  if (check === undefined) writeFileSync(`${file}.cache`, bytecode(name, text));
  else if (new Script(text, { filename: name, cachedData: readFileSync(`${file}.cache`) }).cachedDataRejected)
    throw new Error(`the executable would refuse ${name}.cache`);
}

/** Every function of the first part has its bytecode; of the others, which are large, only what runs as they are loaded. */
function bytecode(name, text) {
  if (name === 'first.js') setFlagsFromString('--no-lazy');
  const script = new Script(text, { filename: name });
  setFlagsFromString('--lazy');
  return script.createCachedData();
}
