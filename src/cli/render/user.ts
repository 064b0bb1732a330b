import type { UserAddReport } from '../../domain/model/added-user.ts';
import { approvalOf } from '../../domain/users/user-names.ts';
import { type Paint, plain, scrub } from './paint.ts';
import { fold } from './table.ts';
import { timesIn } from './time.ts';

/** `certagent user add` for a person: what is in the file, or what has to be done for it. */
export function renderUser(
  unsafe: UserAddReport,
  { paint = plain, width = Number.POSITIVE_INFINITY }: { paint?: Paint; width?: number } = {},
): string {
  const { at, node, user, groups, kubeconfig, account, result, notAfter, request, renewed } = scrub(unsafe);
  const times = timesIn(node.timeZone, at);
  const who = `${user}${groups.length === 0 ? ', in no group' : `, in ${groups.join(', ')}`}`;
  const name = request?.name ?? '';
  const lines =
    request === null
      ? [
          `${paint('green', result === 'created' ? 'Created' : 'Updated')} ${kubeconfig} (${account}): ${who}.`,
          `Expires ${times.full(notAfter ?? at)}. Nobody can take it back before.`,
          renewed ? 'certagent renews it, as users.certificates says.' : RENEWED_BY,
        ]
      : request.approved
        ? [`The request ${name} is approved, and waits for the signer of the cluster.`, AGAIN]
        : [
            `${paint('yellow', 'Waits for approval')}: ${who}, for ${kubeconfig} (${account}).`,
            `The request: ${name}, since ${times.full(request.since)}. To see it in the cluster: kubectl describe csr ${name}`,
            `To approve it: ${approvalOf(name, user)}`,
            AGAIN,
          ];
  return `${lines.map((line) => fold(line, width)).join('\n')}\n`;
}

const AGAIN = 'Then the daemon writes the file within a minute. Without a daemon, run the same command again.';
const RENEWED_BY = 'certagent does not renew it: for that, add it to users.certificates of the configuration.';
