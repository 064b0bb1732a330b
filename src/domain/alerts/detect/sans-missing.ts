import { addingRemedy } from '../../names/adding-remedy.ts';
import { missingNames } from '../../names/api-server-names.ts';
import { shownSan } from '../../names/san.ts';
import type { Found, NodeState } from '../input.ts';
import { count, list } from '../words.ts';

/** One alert for each certificate: clients that connect by one of these names refuse it. */
export function sansMissing({ inventory }: NodeState): Found[] {
  return missingNames(inventory).map((missing) => {
    const { observed, names } = missing;
    return {
      subject: observed.id,
      members: names.map(({ san, from }) => [shownSan(san), from]),
      text: `The certificate ${observed.id} lacks ${count(names.length, 'name')} by which clients reach the API server, and they refuse it there: ${list(names.map(({ san }) => shownSan(san)))}.`,
      remedy: addingRemedy(missing, inventory),
    };
  });
}
