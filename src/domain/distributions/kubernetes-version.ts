import { DAY } from '../time/duration.ts';

/** The minor number of "v1.31.4"; null where the version is not known. */
export function minorOf(version: string | null): number | null {
  const minor = /^v1\.(\d+)\./.exec(version ?? '')?.[1];
  return minor === undefined ? null : Number(minor);
}

/** Of the certificate that a kube-apiserver makes at its start: three years since v1.33, else one (kubernetes/kubernetes#130047). */
export function loopbackLifetime(apiserverVersion: string | null): number {
  return (minorOf(apiserverVersion) ?? 0) >= 33 ? 3 * YEAR : YEAR;
}

const YEAR = 365 * DAY;

/**
 * From v1.27 on the kube-apiserver loads every renewed certificate by itself: the one it serves within half a second, the one
 * it shows to kubelets within five minutes (measured on v1.31.14 and v1.36.3; kubernetes/kubernetes#115315).
 */
const RELOADS_SINCE = 27;

export function reloadsByItself(apiserverVersion: string | null): boolean {
  return (minorOf(apiserverVersion) ?? 0) >= RELOADS_SINCE;
}
