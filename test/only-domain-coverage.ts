// Preloaded into each test file's process: only the tests of the domain count towards its coverage, so that a rule that
// nothing but a whole node reaches is a rule without a test. The other processes, and their children, run unmeasured and
// compile from a cache: functions out of a cache would be missing in the coverage.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { stopCoverage } from 'node:v8';

if (!process.argv[1]?.includes('/test/domain/')) {
  delete process.env.NODE_V8_COVERAGE;
  stopCoverage();
  process.env.NODE_COMPILE_CACHE = fileURLToPath(new URL('../node_modules/.cache/certagent-test', import.meta.url));
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
}
