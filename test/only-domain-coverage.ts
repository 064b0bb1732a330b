// Preloaded into each test file's process: only the tests of the domain count towards its coverage, so that a rule that
// nothing but a whole node reaches is a rule without a test. The other processes, and their children, run unmeasured.
import { stopCoverage } from 'node:v8';

if (!process.argv[1]?.includes('/test/domain/')) {
  delete process.env.NODE_V8_COVERAGE;
  stopCoverage();
}
