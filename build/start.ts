// What the single executable starts with (see bundle.ts): loads its parts, which are assets in it, on demand.
import { getAsset, getRawAsset } from 'node:sea';
import { compileFunction } from 'node:vm';

type Part = { exports: unknown };

const loaded = new Map<string, Part>();

function load(name: string): unknown {
  if (!name.startsWith('./')) return process.getBuiltinModule(name);
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const part: Part = { exports: {} };
  loaded.set(name, part);
  const run = compileFunction(getAsset(name, 'utf8'), ['require', 'module', 'exports'], {
    filename: name,
    ...compiled(name),
  });
  run(load, part, part.exports);
  return part.exports;
}

/** Bytecode that was made beside the part (compile.mjs); an executable built for another architecture has none. */
function compiled(name: string): { cachedData?: Buffer } {
  try {
    return { cachedData: Buffer.from(getRawAsset(`${name}.cache`)) };
  } catch {
    return {};
  }
}

load('./main.js');
