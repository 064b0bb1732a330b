import type { UserAddRequest } from '../domain/model/added-user.ts';
import { CertagentError } from '../domain/model/errors.ts';
import type { InstallFile } from '../domain/model/requests-report.ts';
import type { PauseRequest, PlanRequest, SilenceRequest } from '../domain/model/status.ts';
import type { ControlHandlers } from './handlers.ts';

/** `read`: also on the status socket. `answer` gives JSON data, or text for /metrics; renew, restore and rehearse are streams of lines. */
export type Route = {
  method: 'GET' | 'POST';
  answer: 'json' | 'text' | 'stream';
  /** Bytes of its body, where the usual limit is too little. */
  bodyLimit?: number;
  call(handlers: ControlHandlers, input: Input): Promise<unknown>;
};

export type Input = {
  query: URLSearchParams;
  body: Record<string, unknown>;
  progress: Parameters<ControlHandlers['renew']>[1];
};

/** The certificates of a node, each with its chain, and much more. */
const CERTIFICATES_LIMIT = 8 * 1024 * 1024;

/** Everything the sockets understand. GET is on both sockets, POST on the control socket alone. */
export const ROUTES: Record<string, Route> = {
  '/v1/status': { method: 'GET', answer: 'json', call: (handlers) => handlers.status() },
  '/v1/plan': { method: 'GET', answer: 'json', call: (handlers, { query }) => handlers.plan(planRequest(query)) },
  '/v1/history': { method: 'GET', answer: 'json', call: (handlers) => handlers.history() },
  '/v1/explain': {
    method: 'GET',
    answer: 'json',
    call: (handlers, { query }) => handlers.explain({ name: query.get('name') ?? '' }),
  },
  '/metrics': { method: 'GET', answer: 'text', call: (handlers) => handlers.metrics() },
  '/v1/check': { method: 'POST', answer: 'json', call: (handlers) => handlers.check() },
  '/v1/renew': {
    method: 'POST',
    answer: 'stream',
    call: (handlers, { body, progress }) =>
      handlers.renew({ force: flag(body, 'force'), accepts: flag(body, 'accepts'), ...names(body, 'only') }, progress),
  },
  // It asks the API with an administrator's credentials.
  '/v1/cluster': { method: 'POST', answer: 'json', call: (handlers) => handlers.cluster() },
  // They read the node, so they are not for the status socket.
  '/v1/backups': { method: 'POST', answer: 'json', call: (handlers) => handlers.backups() },
  '/v1/attempt': {
    method: 'POST',
    answer: 'json',
    call: (handlers, { body }) => handlers.attempt({ plan: text(body, 'plan') }),
  },
  '/v1/restore-plan': {
    method: 'POST',
    answer: 'json',
    call: (handlers, { body }) => handlers.restorePlan({ plan: text(body, 'plan') }),
  },
  '/v1/restore': {
    method: 'POST',
    answer: 'stream',
    call: (handlers, { body, progress }) => handlers.restore({ plan: text(body, 'plan') }, progress),
  },
  '/v1/csr': {
    method: 'POST',
    answer: 'json',
    call: (handlers, { body }) =>
      handlers.csr({ names: texts(body, 'names'), fresh: flag(body, 'fresh'), drop: flag(body, 'drop') }),
  },
  '/v1/install-plan': {
    method: 'POST',
    answer: 'json',
    bodyLimit: CERTIFICATES_LIMIT,
    call: (handlers, { body }) => handlers.installPlan({ files: installFiles(body) }),
  },
  '/v1/install': {
    method: 'POST',
    answer: 'stream',
    bodyLimit: CERTIFICATES_LIMIT,
    call: (handlers, { body, progress }) => handlers.install({ files: installFiles(body) }, progress),
  },
  '/v1/user-add': {
    method: 'POST',
    answer: 'json',
    call: (handlers, { body }) => handlers.addUser(userOf(body)),
  },
  '/v1/rehearse': {
    method: 'POST',
    answer: 'stream',
    call: (handlers, { body, progress }) => handlers.rehearse({ force: flag(body, 'force') }, progress),
  },
  '/v1/sync': {
    method: 'POST',
    answer: 'json',
    call: (handlers, { body }) => handlers.sync({ dryRun: flag(body, 'dryRun'), ...path(body, 'adopt') }),
  },
  '/v1/clock-accept': { method: 'POST', answer: 'json', call: (handlers) => handlers.acceptClock() },
  '/v1/reload': { method: 'POST', answer: 'json', call: (handlers) => handlers.reload() },
  '/v1/silence': {
    method: 'POST',
    answer: 'json',
    call: (handlers, { body }) => handlers.silence({ ...alertOf(body), ...untilOf(body) }),
  },
  '/v1/unsilence': { method: 'POST', answer: 'json', call: (handlers, { body }) => handlers.unsilence(alertOf(body)) },
  '/v1/pause': { method: 'POST', answer: 'json', call: (handlers, { body }) => handlers.pause(untilOf(body)) },
  '/v1/resume': { method: 'POST', answer: 'json', call: (handlers) => handlers.resume() },
  '/v1/alert-test': { method: 'POST', answer: 'json', call: (handlers) => handlers.testAlerts() },
};

function planRequest(query: URLSearchParams): PlanRequest | undefined {
  if (query.get('for') !== 'renew') return undefined;
  const force = query.get('force') === '1';
  const only = query.getAll('only');
  return {
    force,
    ...(only.length === 0 ? {} : { only }),
    ...(query.get('enabled') === '1' ? { enabled: true } : {}),
  };
}

/** A list of texts, which may be left out. An empty one would mean all, and so is refused. */
function names<Name extends string>(body: Record<string, unknown>, name: Name): { [name in Name]?: string[] } {
  const value = body[name];
  if (value === undefined) return {};
  if (!Array.isArray(value) || value.length === 0 || value.some((one) => typeof one !== 'string'))
    throw new CertagentError('BAD_REQUEST', `"${name}" must be a list of texts`);
  return { [name]: value } as { [name in Name]?: string[] };
}

function text(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value !== 'string') throw new CertagentError('BAD_REQUEST', `"${name}" must be a text`);
  return value;
}

function texts(body: Record<string, unknown>, name: string): string[] {
  const value = body[name] ?? [];
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string'))
    throw new CertagentError('BAD_REQUEST', `"${name}" must be a list of texts`);
  return value;
}

function userOf(body: Record<string, unknown>): UserAddRequest {
  const { expires, groups } = body;
  if (expires !== undefined && !Number.isSafeInteger(expires))
    throw new CertagentError('BAD_REQUEST', '"expires" must be milliseconds');
  return {
    user: text(body, 'user'),
    approve: flag(body, 'approve'),
    ...path(body, 'kubeconfig'),
    ...(groups === undefined ? {} : { groups: texts(body, 'groups') }),
    ...(expires === undefined ? {} : { expires: expires as number }),
  };
}

function installFiles({ files }: Record<string, unknown>): InstallFile[] {
  const isFile = (file: Record<string, unknown> | null): boolean =>
    typeof file?.name === 'string' && (typeof file.text === 'string' || typeof file.refused === 'string');
  if (!Array.isArray(files) || !files.every(isFile))
    throw new CertagentError('BAD_REQUEST', '"files" must be a list of names with their texts');
  return files as InstallFile[];
}

/** An absolute path of the node, which may be left out. */
function path<Name extends string>(body: Record<string, unknown>, name: Name): { [name in Name]?: string } {
  const value = body[name];
  if (value === undefined) return {};
  if (typeof value !== 'string' || !value.startsWith('/'))
    throw new CertagentError('BAD_REQUEST', `"${name}" must be an absolute path`);
  return { [name]: value } as { [name in Name]?: string };
}

function alertOf({ code, subject = null }: Record<string, unknown>): Pick<SilenceRequest, 'code' | 'subject'> {
  if (typeof code !== 'string' || (subject !== null && typeof subject !== 'string'))
    throw new CertagentError('BAD_REQUEST', '"code" must be text, and "subject" text or null');
  return { code, subject };
}

function untilOf({ until, reason }: Record<string, unknown>): PauseRequest {
  if (typeof until !== 'number' || !Number.isSafeInteger(until) || Math.abs(until) > 8.64e15)
    throw new CertagentError('BAD_REQUEST', '"until" must be milliseconds since 1970');
  if (typeof reason !== 'string' || reason === '' || reason.length > 1_000)
    throw new CertagentError('BAD_REQUEST', '"reason" must be text');
  return { until, reason };
}

/** A flag left out is off; anything but a boolean is refused rather than guessed at. */
function flag(body: Record<string, unknown>, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value !== 'boolean') throw new CertagentError('BAD_REQUEST', `"${name}" must be true or false`);
  return value;
}
