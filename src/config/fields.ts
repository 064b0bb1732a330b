// The one importer of zod: the kinds of values that a key of the configuration can have.
import * as z from 'zod/mini';
import { parseDuration } from '../domain/time/duration.ts';

export type { infer, ZodMiniArray as Array, ZodMiniPrefault as Prefault } from 'zod/mini';
// By name: a bundle then holds what is used of zod, and not all of it.
export {
  array,
  boolean,
  enum,
  minLength,
  optional,
  prefault,
  record,
  refine,
  regex,
  strictObject,
  string,
} from 'zod/mini';

/** What the example and the manual say of a key. */
export type KeyNote = { description: string; example?: unknown };
export const notes = z.registry<KeyNote>();

export function note<S extends z.core.$ZodType>(schema: S, description: string, example?: unknown): S {
  notes.add(schema, example === undefined ? { description } : { description, example });
  return schema;
}

export const duration = () =>
  z.pipe(
    z
      .string()
      .check(
        z.refine(
          (text) => parseDuration(text) !== null,
          'is not a duration: use a number and s, m, h or d, for example "90d"',
        ),
      ),
    z.transform((text: string) => parseDuration(text) as number),
  );
export const clockTime = () =>
  z.pipe(
    z.string().check(z.regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day: use the form "02:00"')),
    z.transform((text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))),
  );
export const count = (least: number, most: number) => z.int().check(z.gte(least), z.lte(most));
/** It names a directory of the spool. */
export const sinkNameText = () =>
  z
    .string()
    .check(z.regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'can only contain letters, digits, "-" and "_", at most 63'));
/** A file that holds a secret: the node's own path, or the name of a systemd credential. */
export const secretFile = () =>
  z
    .string()
    .check(z.regex(/^(\/|[A-Za-z0-9][A-Za-z0-9._-]*$)/, 'is neither an absolute path nor the name of a credential'));
export const userNames = () => z.prefault(z.array(z.string()), []);
/** ".service" can be omitted. */
export const unitName = () =>
  z.string().check(z.regex(/^[A-Za-z0-9:_.@][A-Za-z0-9:_.@-]{0,200}$/, 'is not the name of a systemd unit'));
export const absolutePath = () => z.string().check(z.regex(/^\//, 'is not an absolute path'));

/** node_exporter reads no other names, and nothing else has this one. */
export const textfilePath = () =>
  z.string().check(z.regex(/^\/.+\.prom$/, 'is not an absolute path that ends with ".prom"'));

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export const days = () =>
  z.pipe(
    z.array(z.enum(DAYS)).check(z.minLength(1)),
    z.transform((names: (typeof DAYS)[number][]) => names.map((name) => DAYS.indexOf(name))),
  );

/** A table whose keys all have defaults can be omitted. */
export const table = <S extends z.core.$ZodShape>(shape: S) => z.prefault(z.strictObject(shape), {} as never);

/** A schema of the text that an operator writes, for editors and checks outside of certagent. */
export const jsonSchemaOf = (schema: z.core.$ZodType) => z.toJSONSchema(schema, { io: 'input' });

/** For the files that read the schema. */
export type SchemaNode = z.core.$ZodType;
export type SchemaIssue = z.core.$ZodIssue;
