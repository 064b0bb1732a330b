import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import { CertagentError } from '../domain/model/errors.ts';

const require = createRequire(import.meta.url);
/** Loaded on first use: a status that only asks the daemon needs no YAML. */
const yaml = (): typeof Yaml => require('yaml');

export type YamlDocument = Yaml.Document.Parsed;
export type YamlNode = Yaml.Node;

/** A node of any kind, with what each kind has. */
export type YamlAny = {
  items?: { key?: unknown; value?: unknown }[];
  value?: unknown;
  type?: string;
  tag?: string;
  anchor?: string;
  source?: string;
  range?: [number, number, number] | null;
};

export function yamlKind(node: YamlAny): 'alias' | 'seq' | 'map' | 'scalar' {
  const { isAlias, isMap, isSeq } = yaml();
  return isAlias(node) ? 'alias' : isSeq(node) ? 'seq' : isMap(node) ? 'map' : 'scalar';
}

/**
 * No kubeconfig or manifest has more line ends and indicators than this (a kubeconfig of 300 clusters has fewer). The
 * parser takes time that grows with their square: 300,000 quotes, which any user can write, kept it busy for minutes.
 */
const COMPLEXITY_LIMIT = 15_000;
const INDICATORS = /["'[\]{}?&*!#%@`,:\n\r\u0085\u2028\u2029]|- /g;

function refuseComplexity(text: string): void {
  let complexity = 0;
  for (const _ of text.matchAll(INDICATORS)) {
    complexity += 1;
    if (complexity > COMPLEXITY_LIMIT)
      throw new CertagentError('BAD_YAML', 'has more lines and characters than any kubeconfig or manifest');
  }
}

/**
 * One YAML document with the source ranges of its nodes. Refuses several documents, duplicate keys, and aliases, which no
 * manifest needs. Throws CertagentError BAD_YAML with line and column.
 */
export function parseYamlDocument(text: string): YamlDocument {
  refuseComplexity(text);
  const lineCounter = new (yaml().LineCounter)();
  const documents = unlessTooDeep(() =>
    // The package prints its warnings, which quote keys, to standard error unless asked not to.
    yaml().parseAllDocuments(text, { lineCounter, uniqueKeys: true, strict: true, merge: false, logLevel: 'error' }),
  );
  const documentList = Array.isArray(documents) ? documents : [];
  if (documentList.length > 1)
    throw new CertagentError('BAD_YAML', `holds ${documentList.length} YAML documents, wanted one`);
  const document = documentList[0] as YamlDocument | undefined;
  if (document === undefined) throw new CertagentError('BAD_YAML', 'is empty');
  refuseProblem(document, lineCounter);
  unlessTooDeep(() =>
    yaml().visit(document, {
      Alias: () => {
        throw new CertagentError('BAD_YAML', 'uses YAML aliases, which manifests do not need');
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

/** Plain data as a YAML text that YAML 1.1 (go-yaml) reads as the same data. */
export function yamlTextOf(data: unknown): string {
  return yaml().stringify(data, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

/**
 * The first document of a text, its scalars as text, with their source ranges; null when there is none. What follows it
 * is not checked. Only go-yaml.ts knows what such a document means. Throws CertagentError
 * BAD_YAML with line and column.
 */
export function firstYamlDocument(text: string): YamlDocument | null {
  refuseComplexity(text);
  const { Composer, LineCounter, Parser } = yaml();
  const lineCounter = new LineCounter();
  const parser = new Parser(lineCounter.addNewLine);
  const composer = new Composer({ schema: 'failsafe', resolveKnownTags: false, uniqueKeys: false, merge: false });
  return unlessTooDeep(() => {
    const document = composer.compose(parser.parse(text), true, text.length).next().value as YamlDocument | undefined;
    if (document === undefined) return null;
    refuseProblem(document, lineCounter, (error) => isTolerated(error, document));
    return document;
  });
}

/** libyaml needs no blank before a comment, and what follows a flow collection is not part of the first document. */
function isTolerated({ code, message, pos }: Yaml.YAMLParseError, { contents }: YamlDocument): boolean {
  if (message.startsWith('Comments must be separated')) return true;
  const isFlow = yaml().isCollection(contents) && contents.flow === true;
  return isFlow && code === 'UNEXPECTED_TOKEN' && pos[0] >= contents.range[1];
}

function refuseProblem(
  { errors, warnings }: YamlDocument,
  lineCounter: Yaml.LineCounter,
  isTolerated: (error: Yaml.YAMLParseError) => boolean = () => false,
): void {
  const problem = errors.find((error) => !isTolerated(error)) ?? warnings.find(({ code }) => code === 'BAD_DIRECTIVE');
  if (problem === undefined) return;
  const at = lineCounter.linePos(problem.pos[0]);
  // The parser's message quotes the source, which may be a key: only its kind is shown.
  throw new CertagentError('BAD_YAML', `is not valid YAML at line ${at.line}, column ${at.col} (${problem.code})`);
}

/** The parser and its visitors call themselves at each level: some thousand brackets are more than the stack holds. */
export function unlessTooDeep<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof CertagentError) throw cause;
    const why = cause instanceof RangeError ? 'is nested too deeply' : 'cannot be read as YAML';
    throw new CertagentError('BAD_YAML', why, { cause });
  }
}
