import { resolve } from 'node:path';
import type { UserAddRequest } from '../../domain/model/added-user.ts';
import { parseDuration } from '../../domain/time/duration.ts';
import { askNode } from '../ask.ts';
import { type Context, print, usage } from '../context.ts';
import { renderUser } from '../render/user.ts';

/** The request waits for a person, or for the signer of the cluster. */
const WAITS = 6;

/** `certagent user add NAME [--group G]… [--expires 90d] [--kubeconfig FILE] [--approve]` */
export async function run(context: Context): Promise<number> {
  const request = requestOf(context);
  const { answer } = await askNode(context, (node) => node.addUser(request));
  print(context, answer, () => renderUser(answer, context));
  return answer.result === 'waiting' ? WAITS : 0;
}

function requestOf({ argument: user, options, root }: Context): UserAddRequest {
  const { group, expires, kubeconfig, approve } = options;
  if (user === undefined)
    throw usage(
      'certagent user add needs the name of a user',
      'For example: certagent user add nana --group developers',
    );
  const length = typeof expires === 'string' ? parseDuration(expires) : undefined;
  if (length === null) throw usage(`${expires} is not a duration`, 'Use a number and s, m, h or d: --expires 90d');
  return {
    user,
    approve: approve === true,
    ...(typeof group === 'string' ? { groups: group.split(',') } : {}),
    ...(length === undefined ? {} : { expires: length }),
    ...(typeof kubeconfig === 'string' ? { kubeconfig: root.own(resolve(kubeconfig)) } : {}),
  };
}
