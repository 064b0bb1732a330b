import type { Certificate } from '../../domain/model/certificate.ts';
import { explain } from '../../domain/model/errors.ts';
import type { ServiceUse } from '../../domain/model/journal.ts';
import type { Root } from '../../host/root.ts';
import { reloadUnit, unitState } from '../../host/systemd.ts';
import { servedCertificate } from '../../host/tls.ts';
import { parseCertificate } from '../../host/x509.ts';

/** Reloads a unit that runs; one that does not reads the files at its start. Returns what went wrong, else null. */
export async function reload(root: Root, unit: string): Promise<string | null> {
  try {
    const state = await unitState(root, unit);
    if (!state.loaded) return `systemd does not know ${unit}`;
    if (!state.active) return null;
    await reloadUnit(root, unit);
    return null;
  } catch (error) {
    return explain(error);
  }
}

/** For a handshake, and for how long a service that has just been reloaded may serve the previous certificate. Milliseconds. */
const HANDSHAKE = 3_000;
const AFTER_RELOAD = 10_000;
const PAUSE = 200;

/** What the service serves, against what the file holds. */
export async function served(
  address: string,
  wanted: Pick<Certificate, 'fingerprint'>,
  hasChanged: boolean,
): Promise<NonNullable<ServiceUse['served']>> {
  const deadline = performance.now() + (hasChanged ? AFTER_RELOAD : 0);
  for (;;) {
    const found = await servedNow(address, wanted);
    if (found.state === 'current' || performance.now() >= deadline) return found;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

async function servedNow(
  address: string,
  wanted: Pick<Certificate, 'fingerprint'>,
): Promise<NonNullable<ServiceUse['served']>> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  try {
    const raw = await servedCertificate(host, Number(address.slice(colon + 1)), { limit: HANDSHAKE });
    const { fingerprint, notAfter } = parseCertificate(raw);
    return { address, state: fingerprint === wanted.fingerprint ? 'current' : 'stale', notAfter };
  } catch (error) {
    return { address, state: 'unreachable', detail: explain(error) };
  }
}
