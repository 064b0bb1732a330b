import { parsedJson } from '../../host/json.ts';
import { type TrustedAnswer, trustedRequest } from '../../host/trusted-request.ts';
import type { ApiAccess } from './client-counts.ts';

const REVIEW = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

/** Asks an API server as whom it knows a client certificate, which every user may ask. Nothing is written. */
export function askWhoItIs({ url, ...access }: ApiAccess, limit: number): Promise<TrustedAnswer> {
  return trustedRequest({
    ...access,
    url: `${url}/apis/authentication.k8s.io/v1/selfsubjectreviews`,
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: Buffer.from(JSON.stringify(REVIEW)),
    limit,
  });
}

/** null: its answer names no user. */
export function userIn(text: string): string | null {
  const answer = parsedJson(text) as { status?: { userInfo?: { username?: unknown } } } | null | undefined;
  const name = answer?.status?.userInfo?.username;
  return typeof name === 'string' ? name : null;
}
