// What the single executable starts with (see bundle.ts): loads its parts, which are assets in it, on demand.
import { getRawAsset } from 'node:sea';
import { Script } from 'node:vm';

type Part = { exports: unknown };
type Run = (require: typeof load, module: Part, exports: unknown) => void;

const loaded = new Map<string, Part>();
const first = compiled('first.js') as unknown as Record<string, Run>;
load('./main.js');

function load(name: string): unknown {
  if (!name.startsWith('./')) return process.getBuiltinModule(name);
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const part: Part = { exports: {} };
  loaded.set(name, part);
  const run = first[name] ?? compiled(name.slice(2));
  run(load, part, part.exports);
  return part.exports;
}

/** The value of a part, which is one expression. */
function compiled(name: string): Run {
  const text = Buffer.from(getRawAsset(name)).toString('utf8');
  return new Script(text, { filename: name, ...bytecode(name) }).runInThisContext() as Run;
}

/** Bytecode that was made beside the part (compile.mjs); an executable built for another architecture has none. */
function bytecode(name: string): { cachedData?: Uint8Array } {
  try {
    return { cachedData: new Uint8Array(getRawAsset(`${name}.cache`)) };
  } catch {
    return {};
  }
}
