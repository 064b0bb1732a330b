import { decodeBase64 } from './base64.ts';
import { isRecord } from './kubeconfig-types.ts';

/** PEM text, or why the file is not such a secret. `open`: its JSON stops before its end. */
export type DynamicCert = { certificate: string; key: string } | { refused: string; open: boolean };

/**
 * K3s's dynamic-cert.json: a Kubernetes TLS secret as JSON, as dynamiclistener reads it (storage/file: Go's encoding/json):
 * names match in any case, data is strict base64, and what follows the first JSON value is ignored. Never throws, and never
 * quotes the content.
 */
export function parseDynamicCert(text: string): DynamicCert {
  const end = endOfObject(text);
  if (end === null) return { refused: 'stops within its JSON', open: true };
  let secret: unknown;
  try {
    secret = JSON.parse(text.slice(0, end));
  } catch {
    return { refused: 'is not valid JSON', open: false };
  }
  const top = secret ?? {};
  if (!isRecord(top)) return { refused: 'is not a JSON object', open: false };
  const wrong = wrongMember(top, SECRET);
  if (wrong !== null) return { refused: `does not have the right type at "${wrong}"`, open: false };
  const data = Object.assign({}, ...members(top, 'data')) as Record<string, Data>;
  return { certificate: decoded(data['tls.crt']), key: decoded(data['tls.key']) };
}

/** Whether the text can only be such a secret: JSON with `tls.crt`. */
export function isDynamicCert(text: string): boolean {
  if (!/^\s*\{/.test(text) || !text.includes('"tls.crt"')) return false;
  const read = parseDynamicCert(text);
  return 'refused' in read ? !/"(?:clusters|users|contexts)"\s*:/i.test(text) : read.certificate !== '';
}

type Data = string | number[] | null | undefined;
type IsRight = (value: unknown) => boolean;

/** null is the empty value of every type. */
const orNull =
  (isRight: IsRight): IsRight =>
  (value) =>
    value === null || isRight(value);
const isText = orNull((value) => typeof value === 'string');
const isFlag = orNull((value) => typeof value === 'boolean');
const isByte: IsRight = (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < 256;
const isData = orNull((value) =>
  Array.isArray(value) ? value.every(orNull(isByte)) : typeof value === 'string' && decodeBase64(value) !== null,
);
const isMapOf = (isRight: IsRight) => orNull((value) => isRecord(value) && Object.values(value).every(isRight));
const isTime = orNull(
  (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value)),
);

const METADATA: Record<string, IsRight> = {
  name: isText,
  generateName: isText,
  namespace: isText,
  uid: isText,
  resourceVersion: isText,
  creationTimestamp: isTime,
  labels: isMapOf(isText),
  annotations: isMapOf(isText),
};
const SECRET: Record<string, IsRight> = {
  kind: isText,
  apiVersion: isText,
  metadata: orNull((value) => isRecord(value) && wrongMember(value, METADATA) === null),
  data: isMapOf(isData),
  stringData: isMapOf(isText),
  type: isText,
  immutable: isFlag,
};

function wrongMember(object: Record<string, unknown>, types: Record<string, IsRight>): string | null {
  const wrong = Object.entries(types).find(([name, isRight]) => !members(object, name).every(isRight));
  return wrong?.[0] ?? null;
}

/** The values of a name in any case of its letters, in their order; the last one counts, and maps are merged. */
function members(object: Record<string, unknown>, name: string): unknown[] {
  return Object.keys(object)
    .filter((key) => key.toLowerCase() === name.toLowerCase())
    .map((key) => object[key]);
}

function decoded(value: Data): string {
  const bytes = Array.isArray(value) ? Buffer.from(value) : decodeBase64(value ?? '');
  return bytes?.toString('utf8') ?? '';
}

/** Where the object that the text begins with ends; its length for another value, null when it does not end. */
function endOfObject(text: string): number | null {
  if (!/^\s*[{[]/.test(text)) return text.length;
  let depth = 0;
  for (const { 0: sign, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|["{}[\]]/gs)) {
    if (sign === '"') return null;
    if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') depth -= 1;
    if (depth === 0) return index + 1;
  }
  return null;
}
