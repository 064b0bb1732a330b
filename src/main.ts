import { COPIES_HELPER, STAND_IN } from './host/self.ts';

// Not process.exit: what was written to a pipe must get there first. Not top-level await: the single executable is built
// as a CommonJS file, which has none. Each role loads only what it is made of.
void start(process.argv.slice(2)).then((exitCode) => {
  if (exitCode !== undefined) process.exitCode = exitCode;
});

async function start(argv: string[]): Promise<number | undefined> {
  const [role, ...rest] = argv;
  switch (role) {
    case COPIES_HELPER:
      await (await import('./sync/helper.ts')).serve();
      return undefined;
    case STAND_IN:
      await (await import('./demo/stand-in/main.ts')).standIn(rest);
      return undefined;
    default:
      return (await import('./cli/main.ts')).main(argv);
  }
}
