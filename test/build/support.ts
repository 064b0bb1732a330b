import { firstThere } from '../../build/run.ts';

/** For `skip`: why nothing can be built here, or false. */
export function buildTools(): string | false {
  const lacking = ['dpkg-deb', 'strip', 'xz', 'git'].filter((program) => firstThere(program) === null);
  return lacking.length > 0 && `building wants ${lacking.join(', ')}`;
}
