import { main } from './cli/main.ts';

// Not process.exit: what was written to a pipe must get there first.
process.exitCode = await main(process.argv.slice(2));
