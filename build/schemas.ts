// The JSON schemas of what certagent prints, made from the types of build/outputs.ts: there is no second definition to keep.
import { join } from 'node:path';
import ts from 'typescript';
import { jsonSchemaOf } from '../src/config/fields.ts';
import { schema as configuration } from '../src/config/schema.ts';
import { printedSchema } from '../src/domain/time/printed.ts';
import { PROJECT } from './project.ts';

export type JsonSchema = { [key: string]: unknown };

/** By name ("status"), the schema of that output (JSON Schema 2020-12). */
export function outputSchemas(): Record<string, JsonSchema> {
  const file = join(PROJECT, 'build/outputs.ts');
  const { config } = ts.readConfigFile(join(PROJECT, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, PROJECT);
  const program = ts.createProgram([file], { ...options, noEmit: true, types: [] });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file)!;
  const outputs = source.statements.find(
    (each): each is ts.TypeAliasDeclaration => ts.isTypeAliasDeclaration(each) && each.name.text === 'Outputs',
  )!;
  const all = checker.getPropertiesOfType(checker.getTypeAtLocation(outputs));
  return Object.fromEntries(
    all.map((output) => {
      const { schemaOf, definitions } = schemaMaker(checker, outputs);
      const body = schemaOf(checker.getTypeOfSymbol(output));
      return [
        output.name,
        {
          $schema: 'https://json-schema.org/draft/2020-12/schema',
          title: `certagent: ${output.name}`,
          ...described(output, checker),
          ...body,
          ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions }),
        },
      ];
    }),
  );
}

/** Path in the package → schema, of every output and of the configuration (as data, whatever reads the TOML). */
export function schemaFiles(): Record<string, string> {
  const all = {
    ...outputSchemas(),
    'config-file': { title: 'certagent: config.toml', ...jsonSchemaOf(configuration) },
  };
  return Object.fromEntries(
    Object.entries(all).map(([name, schema]) => [
      `usr/share/certagent/schemas/${name}.schema.json`,
      `${JSON.stringify(schema, null, 2)}\n`,
    ]),
  );
}

function schemaMaker(checker: ts.TypeChecker, at: ts.Node) {
  const definitions: Record<string, JsonSchema> = {};
  const names = new Map<ts.Type, string>();

  /** A type with a name becomes a definition, which may refer to itself. */
  function schemaOf(type: ts.Type): JsonSchema {
    const known = names.get(type);
    if (known !== undefined) return { $ref: `#/$defs/${known}` };
    const symbol = type.aliasSymbol;
    if (symbol === undefined || type.aliasTypeArguments !== undefined || !isCompound(type)) return bodyOf(type);
    const name = Object.hasOwn(definitions, symbol.name) ? `${symbol.name}${names.size}` : symbol.name;
    names.set(type, name);
    definitions[name] = {};
    definitions[name] = { ...described(symbol, checker), ...bodyOf(type) };
    return { $ref: `#/$defs/${name}` };
  }

  function bodyOf(type: ts.Type): JsonSchema {
    if (type.isUnion()) return unionOf(type.types);
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
    // A name of a file, a code of a later version: "a" | (string & {}) and `${string}/…` are any text.
    if (isText(type)) return { type: 'string' };
    if (type.flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (type.flags & ts.TypeFlags.Unknown) return {};
    if (checker.isTupleType(type)) {
      const items = checker.getTypeArguments(type as ts.TypeReference).map(schemaOf);
      return { type: 'array', prefixItems: items, minItems: items.length, maxItems: items.length };
    }
    if (checker.isArrayType(type))
      return { type: 'array', items: schemaOf(checker.getTypeArguments(type as ts.TypeReference)[0]!) };
    return objectOf(type);
  }

  function unionOf(types: ts.Type[]): JsonSchema {
    const present = types.filter(({ flags }) => (flags & ts.TypeFlags.Undefined) === 0);
    if (present.length === 1) return schemaOf(present[0]!);
    const booleans = present.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral);
    const literals = present.filter((each) => isLiteral(each));
    const rest = present.filter((each) => !booleans.includes(each) && !isLiteral(each));
    const parts: JsonSchema[] = [
      ...(booleans.length === 2 ? [{ type: 'boolean' }] : booleans.map(bodyOf)),
      ...(literals.length === 0 ? [] : [{ enum: literals.map(({ value }) => value) }]),
      ...rest.map(schemaOf),
    ];
    return parts.length === 1 ? parts[0]! : { anyOf: parts };
  }

  function memberSchema(member: ts.Symbol): JsonSchema {
    const schema = schemaOf(checker.getTypeOfSymbolAtLocation(member, at));
    if (isInstant(member)) return timesIn(schema);
    return member.name === 'schema' && typeof schema.const === 'string'
      ? { const: printedSchema(schema.const) }
      : schema;
  }

  function objectOf(type: ts.Type): JsonSchema {
    const members = checker.getPropertiesOfType(type);
    const index = checker.getIndexTypeOfType(type, ts.IndexKind.String);
    const isOptional = ({ flags }: ts.Symbol) => (flags & ts.SymbolFlags.Optional) !== 0;
    return {
      type: 'object',
      properties: Object.fromEntries(
        members.map((member) => [member.name, { ...described(member, checker), ...memberSchema(member) }]),
      ),
      required: members.filter((member) => !isOptional(member)).map(({ name }) => name),
      ...(index === undefined ? {} : { additionalProperties: schemaOf(index) }),
    };
  }

  return { schemaOf, definitions };
}

/** Whether a member is declared as an Instant, or as one or null: to the compiler it is a number like any other. */
function isInstant({ declarations = [] }: ts.Symbol): boolean {
  const isNamed = (type: ts.TypeNode): boolean =>
    ts.isUnionTypeNode(type)
      ? type.types.some(isNamed)
      : ts.isTypeReferenceNode(type) && type.typeName.getText() === 'Instant';
  return declarations.some((each) => ts.isPropertySignature(each) && each.type !== undefined && isNamed(each.type));
}

/** Within certagent it is a number; this is what is printed (domain/time/printed.ts). */
function timesIn(schema: JsonSchema): JsonSchema {
  if (schema.type === 'number') return { type: 'string', format: 'date-time' };
  return {
    ...schema,
    anyOf: (schema.anyOf as JsonSchema[]).map((each) => (each.type === 'null' ? each : timesIn(each))),
  };
}

function isText(type: ts.Type): boolean {
  if (type.isIntersection()) return type.types.some(isText);
  return (type.flags & (ts.TypeFlags.StringLike | ts.TypeFlags.TemplateLiteral)) !== 0;
}

const isLiteral = (type: ts.Type): type is ts.StringLiteralType | ts.NumberLiteralType =>
  type.isStringLiteral() || type.isNumberLiteral();

/** Objects, and unions of them: a list of words is clearer where it stands. */
function isCompound(type: ts.Type): boolean {
  const parts = type.isUnion() ? type.types : [type];
  return parts.some((part) => !isText(part) && (part.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0);
}

function described(symbol: ts.Symbol, checker: ts.TypeChecker): JsonSchema {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replaceAll(/\s+/g, ' ').trim();
  return text === '' ? {} : { description: text };
}
