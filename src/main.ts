import { COPIES_HELPER, LOOK_HELPER, SANDBOX_HELPER, steeringVariables, WATCH_HELPER } from './host/self.ts';

/** How long a process whose work is done may be kept alive by an open handle. Milliseconds. */
const HELD_AT_MOST = 5_000;

// Not process.exit at once: what was written to a pipe must get there first. Not top-level await: the single executable is
// built as a CommonJS file, which has none. Each role loads only what it is made of.
void start(process.argv.slice(2)).then((exitCode) => {
  if (exitCode !== undefined) process.exitCode = exitCode;
  setTimeout(() => process.exit(), HELD_AT_MOST).unref();
});

async function start(argv: string[]): Promise<number | undefined> {
  const [role] = argv;
  switch (role) {
    case COPIES_HELPER:
      await (await import('./sync/helper.ts')).serve();
      return undefined;
    case LOOK_HELPER:
      await (await import('./sync/look-helper.ts')).serve();
      return undefined;
    case WATCH_HELPER:
      await (await import('./observe/watch-helper.ts')).serve();
      return undefined;
    case SANDBOX_HELPER:
      await (await import('./renew/rehearsal/inside/serve.ts')).serve();
      return undefined;
    default:
      if (steeringVariables(process.env).length > 0)
        (await import('./host/environment.ts')).leaveForeignEnvironment(argv);
      return (await import('./cli/command-line.ts')).main(argv);
  }
}
