import { describeProblem } from '../../config/load.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { checkConfig } from '../check-config.ts';
import { type Check, ok, warning } from './doctor-check.ts';

/** As `certagent config check`. */
export const configuration: Check = {
  title: 'the configuration',
  limit: 60 * SECOND,
  async run({ root, configFile }) {
    // An error would have kept everything else from being checked (diagnose.ts).
    const problems = await checkConfig(root, configFile);
    if (problems.length === 0) return [ok(`${configFile} is valid`)];
    return problems.map((problem) =>
      warning(describeProblem(problem), `Correct ${configFile}, then: certagent config check`),
    );
  },
};
