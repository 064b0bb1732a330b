import { CODES } from '../domain/alerts/catalogue.ts';
import { SHELLS } from './command-spec.ts';
import { LEVELS } from './levels.ts';

/** Commands that print the names of this node's certificates, and of its plans. */
export const NAMES: Record<string, string> = {
  certificate: 'certagent explain 2>/dev/null',
  plan: "certagent history 2>/dev/null | sed -n 's/.*; plan //p'",
};
/** Words that are the same on each node, by what the catalogue calls the value. */
export const FIXED: Record<string, readonly string[]> = { shell: SHELLS, level: LEVELS, code: CODES };
