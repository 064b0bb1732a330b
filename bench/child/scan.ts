// One full scan by certagent, in a process of its own: everything under a root, with further paths to watch.
import { loadConfig } from '../../src/config/load.ts';
import { CONFIG_FILE, Root } from '../../src/host/root.ts';
import { observe } from '../../src/observe/observe.ts';

const root = new Root(process.argv[2]!);
const started = performance.now();
const config = await loadConfig(root.at(CONFIG_FILE));
const inventory = await observe({ root, config, now: Date.now() });
console.log(
  JSON.stringify({
    seen: inventory.certificates.length,
    findings: inventory.findings.length,
    milliseconds: performance.now() - started,
  }),
);
