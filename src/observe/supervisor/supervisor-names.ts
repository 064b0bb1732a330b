import type { SupervisorApiServer } from '../../domain/model/api-server-facts.ts';
import type { Endpoint } from '../../domain/model/inventory.ts';
import type { SupervisorConfig } from './supervisor-config.ts';

type Named = SupervisorApiServer['named'];

/**
 * What K3s and RKE2 put into the certificates of their API server and of their listener at every start: `tls-san`, and the address
 * that they advertise (measured on v1.36.3).
 */
export function namesInSettings(options: SupervisorConfig['options']): Named {
  const of = (option: string): Named => valuesOf(options.get(option)).map((value) => ({ value, option }));
  const advertised = of('advertise-address').at(-1) ?? of('node-external-ip')[0];
  return [...of('tls-san'), ...(advertised === undefined ? [] : [advertised])];
}

/** Several in one word are separated by commas. */
function valuesOf(value: unknown): string[] {
  return [value]
    .flat()
    .filter((each): each is string => typeof each === 'string')
    .flatMap((each) => each.split(','))
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

/** Where a server serves no API there is none to reach by a name. */
export function supervisorApiServer(endpoints: Endpoint[], named: Named): SupervisorApiServer | null {
  if (named.length === 0) return null;
  return { by: 'supervisor', certificates: [...new Set(endpoints.map(({ expects }) => expects))], named };
}
