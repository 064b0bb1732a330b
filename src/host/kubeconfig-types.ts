import { CertagentError } from '../domain/model/errors.ts';
import { decodeBase64 } from './base64.ts';

// The types of client-go's kubeconfig (clientcmd/api/v1), as far as its JSON decoder refuses a file for them. A value that is
// missing or null is the type's empty value; keys that are not named here are ignored.

type Check = (value: unknown, at: string) => void;

const anything: Check = () => {};
const text = ofType('string', 'text');
const flag = ofType('boolean', 'true or false');

/** Strict base64, from which only line breaks are left out. */
const data: Check = (value, at) => {
  if (typeof value === 'string') {
    if (decodeBase64(value) === null) throw bad(`has data that is not base64 at ${at}`);
  } else if (!Array.isArray(value) || !value.every(isByte)) throw bad(`does not have base64 at ${at}`);
};

const isByte = (value: unknown) =>
  value === null || (Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256);

/** Client-go lets the last of two extensions of the same name count. */
const extensions = listOf(fields({ name: text, extension: anything }));
const cluster = {
  server: text,
  'tls-server-name': text,
  'insecure-skip-tls-verify': flag,
  'certificate-authority': text,
  'certificate-authority-data': data,
  'proxy-url': text,
  'disable-compression': flag,
  extensions,
};
const user = {
  'client-certificate': text,
  'client-certificate-data': data,
  'client-key': text,
  'client-key-data': data,
  token: text,
  tokenFile: text,
  as: text,
  'as-uid': text,
  'as-groups': listOf(text),
  'as-user-extra': mapOf(listOf(text)),
  username: text,
  password: text,
  'auth-provider': fields({ name: text, config: mapOf(text) }),
  exec: fields({
    command: text,
    args: listOf(text),
    env: listOf(fields({ name: text, value: text })),
    apiVersion: text,
    installHint: text,
    provideClusterInfo: flag,
    interactiveMode: text,
  }),
  extensions,
};
const context = { cluster: text, user: text, namespace: text, extensions };

/** Throws CertagentError BAD_KUBECONFIG for what client-go refuses; the message names a place, never a value. */
export const checkTypes = fields({
  kind: text,
  apiVersion: text,
  preferences: fields({ colors: flag, extensions }),
  clusters: named({ cluster: fields(cluster) }),
  users: named({ user: fields(user) }),
  contexts: named({ context: fields(context) }),
  'current-context': text,
  extensions,
});

function ofType(type: string, words: string): Check {
  return (value, at) => {
    if (typeof value !== type) throw bad(`does not have ${words} at ${at}`);
  };
}

function fields(checks: Record<string, Check>): Check {
  return (value, at) => {
    if (!isRecord(value)) throw bad(at === '' ? 'is not a mapping' : `does not have a mapping at ${at}`);
    for (const [key, check] of Object.entries(checks)) {
      const field = Object.hasOwn(value, key) ? value[key] : null;
      if (field !== null) check(field, at === '' ? key : `${at}.${key}`);
    }
  };
}

function listOf(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) throw bad(`does not have a list at ${at}`);
    for (const [index, item] of value.entries()) if (item !== null) check(item, `${at}[${index}]`);
  };
}

function mapOf(check: Check): Check {
  return (value, at) => {
    if (!isRecord(value)) throw bad(`does not have a mapping at ${at}`);
    for (const item of Object.values(value)) if (item !== null) check(item, `a value of ${at}`);
  };
}

/** A list of entries with a name; client-go makes a map of it, and refuses two of one name. */
function named(checks: Record<string, Check>): Check {
  const list = listOf(fields({ name: text, ...checks }));
  return (value, at) => {
    list(value, at);
    const names = (value as ({ name?: string | null } | null)[]).map((entry) => entry?.name ?? '');
    const again = names.findIndex((name, index) => names.indexOf(name) < index);
    if (again !== -1) throw bad(`has two entries of the same name at ${at}[${again}]`);
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function bad(what: string): CertagentError {
  return new CertagentError('BAD_KUBECONFIG', what);
}
