import { allLabels, nodeLabel } from '../../domain/distributions/names.ts';
import { SECOND } from '../../domain/time/duration.ts';
import { type Check, fails, ok, warning } from './doctor-check.ts';

export const node: Check = {
  title: 'what runs here',
  limit: 10 * SECOND,
  async run({ view: { inventory } }) {
    const { distribution, role, version, missing } = inventory.node;
    if (distribution === null)
      return [
        fails(
          `neither ${allLabels('nor')} was found: there is nothing to renew`,
          'Run certagent on a node, or name it: --root, node.unit',
        ),
      ];
    const found = ok(
      `${nodeLabel(distribution, role)}${version === null ? '' : ` ${version}`}, ${inventory.certificates.length} certificates`,
    );
    return [
      found,
      ...missing.map((what) => warning(`missing: ${what}`, 'Complete the installation of this node.')),
      ...inventory.findings.map(({ path, reason, detail }) =>
        warning(
          `${path} cannot be read: ${reason}${detail === '' ? '' : `, ${detail}`}`,
          'See certagent explain FILE_UNREADABLE',
        ),
      ),
    ];
  },
};
