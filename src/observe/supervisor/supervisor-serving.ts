import { dirname } from 'node:path';
import type { Endpoint, ObservedCertificate } from '../../domain/model/inventory.ts';
import { localAddress } from '../local-address.ts';
import { portOf } from '../port.ts';
import type { ServingComponent, SupervisorSettings } from './supervisor-settings.ts';
import { SERVING, servingId } from './supervisor-sources.ts';

const PORTS: Record<ServingComponent, number> = { 'kube-controller-manager': 10257, 'kube-scheduler': 10259 };

/** Where the controller manager and the scheduler serve the certificates of their names; others serve self-made ones. */
export function servingEndpoints(
  { componentArguments, disabled }: Pick<SupervisorSettings, 'componentArguments' | 'disabled'>,
  certificates: ObservedCertificate[],
): Endpoint[] {
  const running = SERVING.filter((name) => !disabled.some((part) => name === `kube-${part}`));
  return running.flatMap((name): Endpoint[] => {
    const file = certificates.find(({ id }) => id === servingId(name));
    const given = (argument: string) =>
      componentArguments[name].findLast((each) => each.startsWith(`${argument}=`))?.slice(argument.length + 1);
    if (file === undefined || !isServed(file, given)) return [];
    const port = portOf(given('secure-port') ?? PORTS[name]);
    return port !== null ? [{ name, host: localAddress(given('bind-address') ?? null), port, expects: file.id }] : [];
  });
}

/** The operator's arguments override the files of this version. */
function isServed(
  { owner, place }: Pick<ObservedCertificate, 'owner' | 'place'>,
  given: (argument: string) => string | undefined,
): boolean {
  const [file, directory] = [given('tls-cert-file'), given('cert-dir')];
  if (file !== undefined) return file === place.path;
  return directory === undefined ? owner !== 'operator' : directory.replace(/\/+$/, '') === dirname(place.path);
}
