// Full scans by certagent, in a process of its own: everything under a root, with further paths to watch. The second one
// finds the files unchanged, as a daemon's scans do.
import { loadConfig } from '../../src/config/load.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import { observe } from '../../src/observe/observe.ts';

const root = new Root(process.argv[2]!);
const started = performance.now();
const config = await loadConfig(root.at(CONFIG_FILE));
const loaded = performance.now();
const inventory = await observe({ root, config, now: Date.now() });
const first = performance.now();
const repeated = process.argv[3] === 'twice' ? await observe({ root, config, now: Date.now() }) : inventory;
console.log(
  JSON.stringify({
    seen: Math.min(inventory.certificates.length, repeated.certificates.length),
    configuration: loaded - started,
    milliseconds: first - loaded,
    repeated: performance.now() - first,
  }),
);
