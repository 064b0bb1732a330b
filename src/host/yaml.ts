import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import { CertagentError } from '../domain/model/errors.ts';

const require = createRequire(import.meta.url);
/** Loaded on first use: a status that only asks the daemon needs no YAML. */
const yaml = (): typeof Yaml => require('yaml');

export type YamlDocument = Yaml.Document.Parsed;
export type YamlNode = Yaml.Node;

/**
 * More line ends and indicators than this and no kubeconfig or manifest (a kubeconfig of 300 clusters has fewer). The
 * parser takes time that grows with their square: 300,000 quotes, which any user can write, held it for minutes.
 */
const COMPLEXITY_LIMIT = 15_000;
const INDICATORS = /["'[\]{}?&*!#%@`,:\n\r]|- /g;

/**
 * One YAML document with the source ranges of its nodes. Refuses several documents, duplicate keys, and aliases (a
 * kubeconfig or manifest has none; a "YAML bomb" is made of them). Throws CertagentError BAD_YAML with line and column.
 */
export function parseYamlDocument(text: string): YamlDocument {
  let complexity = 0;
  for (const _ of text.matchAll(INDICATORS)) {
    complexity += 1;
    if (complexity > COMPLEXITY_LIMIT)
      throw new CertagentError('BAD_YAML', 'has more lines and signs than any kubeconfig or manifest');
  }
  const lineCounter = new (yaml().LineCounter)();
  const documents = unlessTooDeep(() =>
    // Its warnings go to standard error as they are, and quote keys: of whatever a user wrote.
    yaml().parseAllDocuments(text, { lineCounter, uniqueKeys: true, strict: true, merge: false, logLevel: 'error' }),
  );
  const documentList = Array.isArray(documents) ? documents : [];
  if (documentList.length > 1)
    throw new CertagentError('BAD_YAML', `holds ${documentList.length} YAML documents, wanted one`);
  const document = documentList[0] as YamlDocument | undefined;
  if (document === undefined) throw new CertagentError('BAD_YAML', 'is empty');
  const problem = document.errors[0];
  if (problem !== undefined) {
    const at = lineCounter.linePos(problem.pos[0]);
    // The parser's message quotes the source, which may be a key: only its kind is told.
    throw new CertagentError('BAD_YAML', `is no valid YAML at line ${at.line}, column ${at.col} (${problem.code})`);
  }
  unlessTooDeep(() =>
    yaml().visit(document, {
      Alias: () => {
        throw new CertagentError('BAD_YAML', 'uses YAML aliases, which neither kubeconfigs nor manifests need');
      },
    }),
  );
  return document;
}

/** Plain data of a YAML text; for reading only. Throws as `parseYamlDocument`. */
export function parseYaml(text: string): unknown {
  const document = parseYamlDocument(text);
  return unlessTooDeep(() => document.toJS({ maxAliasCount: 0 }));
}

/** The parser and its visitors call themselves at each level: some thousand brackets are more than the stack holds. */
function unlessTooDeep<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof CertagentError) throw cause;
    const why = cause instanceof RangeError ? 'is nested too deeply' : 'cannot be read as YAML';
    throw new CertagentError('BAD_YAML', why, { cause });
  }
}
