// What the Kubernetes API keeps: objects with a resourceVersion, created and changed one request after the other. Simplified:
// no schemas, no admission, no managed fields; a list that goes on is not of one moment.
import { isDeepStrictEqual } from 'node:util';

export type ApiObject = {
  apiVersion?: string;
  kind?: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    creationTimestamp?: string;
    generateName?: string;
  };
  [part: string]: unknown;
};

export type ApiAnswer = { status: number; body: unknown };

export type Change = { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: ApiObject };

export type Objects = {
  /** `path` without its query; `query` selects by label, as the API does. */
  handle(method: string, path: string, query: URLSearchParams, body: unknown): ApiAnswer;
  /** Puts an object where it is, as a controller or a person does. */
  put(collection: string, object: ApiObject): ApiObject;
  get(path: string): ApiObject | undefined;
  list(collection: string): ApiObject[];
  delete(path: string): void;
  /** Calls `changed` for each change of a collection from now on, until the returned function is called. */
  watch(collection: string, changed: (change: Change) => void): () => void;
};

/** A path of one object, or of a collection: /api/v1/nodes, /apis/GROUP/VERSION/namespaces/NAMESPACE/leases. */
const PATH = /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(\/namespaces\/[^/]+)?\/([a-z]+)(?:\/([^/]+))?$/;
/** Where a part of an object is written by others than the rest. */
const PART = /\/(status|approval)$/;

export function makeObjects(now: () => number = Date.now): Objects {
  const all = new Map<string, ApiObject>();
  const watchers = new Set<{ collection: string; changed: (change: Change) => void }>();
  let version = 1000;

  const store = (path: string, object: ApiObject): ApiObject => {
    const before = all.get(path);
    // What changes nothing is not written.
    if (before !== undefined && isSame(before, object)) return structuredClone(before);
    version += 1;
    const metadata = {
      creationTimestamp: new Date(now()).toISOString().replace(/\.\d+Z/, 'Z'),
      uid: `00000000-0000-4000-8000-${String(version).padStart(12, '0')}`,
      ...object.metadata,
      ...(before === undefined
        ? {}
        : { uid: before.metadata.uid!, creationTimestamp: before.metadata.creationTimestamp! }),
      resourceVersion: String(version),
    };
    const stored = structuredClone({ ...object, metadata });
    all.set(path, stored);
    notify(path, { type: before === undefined ? 'ADDED' : 'MODIFIED', object: stored });
    return structuredClone(stored);
  };
  const notify = (path: string, change: Change) => {
    for (const { collection, changed } of watchers) if (dirOf(path) === collection) changed(structuredClone(change));
  };
  const remove = (path: string) => {
    const object = all.get(path);
    all.delete(path);
    if (object !== undefined) notify(path, { type: 'DELETED', object });
  };
  const list = (collection: string) =>
    [...all].filter(([path]) => dirOf(path) === collection).map(([, object]) => structuredClone(object));

  const handle: Objects['handle'] = (method, path, query, body) => {
    // What `kubectl get --raw=/api` asks for.
    if (path === '/api') return { status: 200, body: { kind: 'APIVersions', versions: ['v1'] } };
    if (method === 'PUT' && PART.test(path)) return replaceStatus(path.replace(PART, ''), body);
    const parts = PATH.exec(path);
    if (parts === null) return failure(404, 'NotFound', 'the server could not find the requested resource');
    const [, , , resource, name] = parts;
    if (name === undefined)
      return method === 'POST' ? create(path, body) : method === 'GET' ? page(path, query) : wrong();
    const there = all.get(path);
    if (there === undefined && method === 'PUT' && resource === 'leases') return recreate(path, body);
    if (there === undefined) return failure(404, 'NotFound', `${resource} "${name}" not found`);
    if (method === 'GET') return { status: 200, body: structuredClone(there) };
    if (method === 'PATCH') return { status: 200, body: store(path, merged(there, body) as ApiObject) };
    if (method === 'DELETE') {
      remove(path);
      return { status: 200, body: { kind: 'Status', apiVersion: 'v1', status: 'Success' } };
    }
    return method === 'PUT' ? replace(path, there, body) : wrong();
  };

  const create = (collection: string, body: unknown): ApiAnswer => {
    if (!isObject(body)) return failure(400, 'BadRequest', 'the object is not one');
    const name = body.metadata.name ?? `${body.metadata.generateName}${version}`;
    const path = `${collection}/${name}`;
    if (all.has(path)) return failure(409, 'AlreadyExists', `"${name}" already exists`);
    return { status: 201, body: store(path, { ...body, metadata: { ...body.metadata, name } }) };
  };

  /** Leases, as few other kinds, are made by an update, too, whatever version that names, unless it names a uid. */
  const recreate = (path: string, body: unknown): ApiAnswer => {
    if (!isObject(body)) return failure(400, 'BadRequest', 'the object is not one');
    if (body.metadata.uid !== undefined) return failure(409, 'Conflict', 'Precondition failed: UID in precondition');
    return { status: 201, body: store(path, body) };
  };

  /** Without a resourceVersion an update overwrites; with one it must be that of the object as it is. */
  const replace = (path: string, there: ApiObject, body: unknown): ApiAnswer => {
    if (!isObject(body)) return failure(400, 'BadRequest', 'the object is not one');
    // Of a Lease, the version must be named (AllowUnconditionalUpdate).
    if (body.metadata.resourceVersion === undefined && path.includes('/leases/'))
      return failure(422, 'Invalid', 'metadata.resourceVersion: must be specified for an update');
    const { resourceVersion: wanted, uid = there.metadata.uid } = body.metadata;
    if ((wanted !== undefined && wanted !== there.metadata.resourceVersion) || uid !== there.metadata.uid)
      return failure(409, 'Conflict', 'the object has been modified; please apply your changes to the latest version');
    return { status: 200, body: store(path, body) };
  };

  const replaceStatus = (path: string, body: unknown): ApiAnswer => {
    const there = all.get(path);
    if (there === undefined) return failure(404, 'NotFound', `${path} not found`);
    return isObject(body) ? replace(path, there, { ...there, metadata: body.metadata, status: body.status }) : wrong();
  };

  const page = (collection: string, query: URLSearchParams): ApiAnswer => {
    const selected = list(collection).filter((object) => isSelected(object, query.get('labelSelector')));
    const from = Number(query.get('continue') ?? 0);
    const to = from + (Number(query.get('limit')) || selected.length);
    const more = to < selected.length ? { continue: String(to), remainingItemCount: selected.length - to } : {};
    const metadata = { resourceVersion: String(version), ...more };
    return { status: 200, body: { kind: 'List', apiVersion: 'v1', metadata, items: selected.slice(from, to) } };
  };

  return {
    handle,
    put: (collection, object) => store(`${collection}/${object.metadata.name}`, object),
    get: (path) => structuredClone(all.get(path)),
    list,
    delete: remove,
    watch(collection, changed) {
      const watcher = { collection, changed };
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}

export function failure(code: number, reason: string, message: string): ApiAnswer {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
  };
}

const wrong = () => failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource');
const dirOf = (path: string) => path.slice(0, path.lastIndexOf('/'));

function isObject(body: unknown): body is ApiObject {
  return typeof (body as ApiObject | null)?.metadata === 'object' && (body as ApiObject).metadata !== null;
}

function isSame(before: ApiObject, object: ApiObject): boolean {
  const { uid, creationTimestamp, resourceVersion } = before.metadata;
  return isDeepStrictEqual(before, {
    ...object,
    metadata: { ...object.metadata, uid, creationTimestamp, resourceVersion },
  });
}

/** Labels that must be there, or have a value. */
function isSelected({ metadata }: ApiObject, selector: string | null): boolean {
  return (selector ?? '').split(',').every((part) => {
    const [name = '', value] = part.split('=');
    if (name === '') return true;
    const found = metadata.labels?.[name];
    return found !== undefined && (value === undefined || found === value);
  });
}

/** RFC 7386. */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: Record<string, unknown> =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete result[name];
    else result[name] = merged(result[name], value);
  }
  return result;
}
