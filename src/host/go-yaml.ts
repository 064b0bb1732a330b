import { CertagentError } from '../domain/model/errors.ts';
import { decodeBase64 } from './base64.ts';
import { isWhole, scalarValue } from './go-yaml-scalar.ts';
import { asLibyamlTakesIt, refuseAsLibyaml } from './libyaml.ts';
import { firstYamlDocument, unlessTooDeep, type YamlAny, type YamlDocument, yamlKind } from './yaml.ts';

/**
 * The first YAML document of a text as plain data, as Go programs of Kubernetes read it (sigs.k8s.io/yaml: YAML 1.1, then
 * JSON): later documents are ignored, "yes" is a boolean, of equal keys the last one counts, "<<" merges, and aliases are
 * resolved. null for an empty text. Throws CertagentError BAD_YAML, which never quotes the content.
 */
export function parseGoYaml(text: string): unknown {
  return plainData(parseGoYamlDocument(text));
}

/** As `parseGoYaml`, with the source ranges of its nodes. */
export function parseGoYamlDocument(given: string): YamlDocument | null {
  const text = asLibyamlTakesIt(given);
  const document = firstYamlDocument(text);
  if (document !== null) unlessTooDeep(() => refuseAsLibyaml(document, text));
  return document;
}

/** More values than this are an alias that repeats itself ("YAML bomb"), not a kubeconfig. */
const VALUES_LIMIT = 50_000;

/** What `parseGoYaml` makes of a document. */
function plainData(document: YamlDocument | null): unknown {
  if (document === null) return null;
  return unlessTooDeep(() => {
    const targets = new Map<YamlAny, YamlAny>();
    bindAliases(document.contents as YamlAny, new Map(), targets);
    return new Reader(targets).value(document.contents as YamlAny);
  });
}

/** An alias means the last anchor of its name before it. */
function bindAliases(node: YamlAny, anchors: Map<string, YamlAny>, targets: Map<YamlAny, YamlAny>): void {
  if (node === null || node === undefined) return;
  const kind = yamlKind(node);
  if (kind === 'alias') {
    const target = anchors.get(node.source ?? '');
    if (target === undefined) throw bad('uses an alias without its anchor');
    targets.set(node, target);
    return;
  }
  if (node.anchor !== undefined) {
    if (!/^[\w-]+$/.test(node.anchor)) throw bad('has an anchor of other characters than letters and digits');
    anchors.set(node.anchor, node);
  }
  for (const item of node.items ?? []) {
    if (kind === 'seq') bindAliases(item as YamlAny, anchors, targets);
    else for (const part of [item.key, item.value]) bindAliases(part as YamlAny, anchors, targets);
  }
}

/**
 * The node at a path of keys and indexes; null when it is not written there once and as itself: an alias, a merged value,
 * a key that is there twice.
 */
export function nodeAt(document: YamlDocument | null, path: (string | number)[]): YamlAny | null {
  let node = (document?.contents ?? null) as YamlAny | null;
  for (const step of path) {
    if (node === null) return null;
    const items = node.items ?? [];
    if (typeof step === 'number') node = (items[step] ?? null) as YamlAny | null;
    else {
      const pairs = items.filter(({ key }) => (key as YamlAny | null)?.value === step);
      if (pairs.length !== 1 || items.some(({ key }) => isMergeKey(key as YamlAny))) return null;
      node = (pairs[0]?.value ?? null) as YamlAny | null;
    }
  }
  return node !== null && yamlKind(node) === 'scalar' ? node : null;
}

class Reader {
  readonly #targets: Map<YamlAny, YamlAny>;
  /** Aliases under way: one that is met again contains itself. */
  readonly #open = new Set<YamlAny>();
  #values = 0;

  constructor(targets: Map<YamlAny, YamlAny>) {
    this.#targets = targets;
  }

  value(node: YamlAny): unknown {
    this.#values += 1;
    if (this.#values > VALUES_LIMIT) throw bad('uses its aliases too often');
    if (node === null || node === undefined) return null;
    switch (yamlKind(node)) {
      case 'alias':
        return this.#alias(node);
      case 'seq':
        return (node.items ?? []).map((item) => this.value(item as YamlAny));
      case 'map':
        return Object.fromEntries(this.#entries(node));
      case 'scalar':
        return scalar(node);
    }
  }

  #alias(node: YamlAny): unknown {
    if (this.#open.has(node)) throw bad('has an alias within its own anchor');
    this.#open.add(node);
    const value = this.value(this.#targets.get(node) as YamlAny);
    this.#open.delete(node);
    return value;
  }

  #entries(map: YamlAny): Map<string, unknown> {
    const entries = new Map<string, unknown>();
    for (const item of map.items ?? []) {
      const [key, value] = [item.key as YamlAny, item.value as YamlAny];
      // A merge takes effect where it is written: keys after it count, keys before it do not.
      if (isMergeKey(key)) for (const [name, one] of this.#merged(value)) entries.set(name, one);
      else entries.set(this.#key(key), this.value(value));
    }
    return entries;
  }

  /** A mapping, an alias of one, or a list of these, of which the first counts most. */
  #merged(node: YamlAny): [string, unknown][] {
    const maps = yamlKind(node) === 'seq' ? [...(node.items ?? [])].reverse() : [node];
    return maps.flatMap((map) => {
      const value = this.value(map as YamlAny);
      const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
      if (!isMapping) throw bad('merges what is not a mapping');
      return Object.entries(value);
    });
  }

  #key(node: YamlAny): string {
    const key = this.value(node);
    if (key === null || typeof key === 'object') throw bad('has a key that is not text');
    return String(key);
  }
}

const MERGE = 'tag:yaml.org,2002:merge';

function isMergeKey(key: YamlAny): boolean {
  if (!key || yamlKind(key) !== 'scalar' || key.value !== '<<') return false;
  return key.tag === undefined ? key.type === 'PLAIN' : key.tag === MERGE;
}

function scalar({ value: given, type, tag }: YamlAny): unknown {
  const text = String(given ?? '');
  if (tag === undefined) return type === 'PLAIN' || type === undefined ? scalarValue(text) : text;
  switch (tag) {
    case 'tag:yaml.org,2002:binary':
      return fromBinary(text);
    case 'tag:yaml.org,2002:bool':
      return checked(scalarValue(text), (value) => typeof value === 'boolean');
    case 'tag:yaml.org,2002:int':
      return checked(scalarValue(text), () => isWhole(text));
    case 'tag:yaml.org,2002:float':
      return checked(scalarValue(text), (value) => typeof value === 'number');
    case 'tag:yaml.org,2002:null':
      return checked(scalarValue(text), (value) => value === null);
    default:
      return text;
  }
}

function checked(value: unknown, fits: (value: unknown) => boolean): unknown {
  if (!fits(value)) throw bad('has a value that does not fit its tag');
  return value;
}

function fromBinary(text: string): string {
  const bytes = decodeBase64(text);
  if (bytes === null) throw bad('has !!binary data that is not base64');
  return bytes.toString('utf8');
}

const bad = (what: string) => new CertagentError('BAD_YAML', what);
