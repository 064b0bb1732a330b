/** What a question to the Kubernetes API came to. Nothing here throws: whatever an API does, a renewal must be able to do without. */
export type ApiResult<T> = { ok: true; value: T } | { ok: false; problem: ApiProblem };

export type ApiProblem = {
  kind: ApiProblemKind;
  /** For a person: printable, one line, without any credential. */
  detail: string;
  /** Milliseconds that the server asks to wait (Retry-After); null: it does not say. */
  retryAfter: number | null;
};

/** What can be wrong, with what it means for who asked. */
export const API_PROBLEMS = {
  credentials: 'the kubeconfig cannot be read, or holds no credentials that certagent can use',
  unreachable: 'no server answers',
  timeout: 'a server does not answer in time',
  expired: 'the certificate of the server has expired',
  untrusted: 'the CA of the kubeconfig did not sign the certificate of the server, or it has another name',
  unauthorized: 'the API does not accept the credentials (401)',
  forbidden: 'the API does not allow it (403)',
  missing: 'the object does not exist (404)',
  conflict: 'somebody else has changed the object meanwhile (409)',
  throttled: 'the API asks to wait (429)',
  unavailable: 'the API answers with an error of its own (5xx)',
  refused: 'the API refuses the request (another 4xx)',
  nonsense: 'the answer is not what the Kubernetes API answers',
} as const satisfies Record<string, string>;

export type ApiProblemKind = keyof typeof API_PROBLEMS;

export function problem(kind: ApiProblemKind, detail: string, retryAfter: number | null = null): ApiProblem {
  return { kind, detail, retryAfter };
}

/**
 * Whether another server of the cluster may answer better. A kube-apiserver that starts forbids everything to everybody but
 * system:masters until it has read its roles (v1.36.3: for 0.4 to 1.2 s; kubeadm's admin.conf is forbidden, too, since v1.29).
 */
export function isOfServer({ kind }: ApiProblem): boolean {
  return ['unreachable', 'timeout', 'expired', 'untrusted', 'unavailable', 'nonsense', 'forbidden'].includes(kind);
}
