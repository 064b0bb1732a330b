import * as z from 'zod/mini';

/** The shape of data that certagent wrote and reads again: a disk, an editor or another version may have changed it. */
export type Shape<T> = z.ZodMiniType<T>;

export const object = z.object;
export const list = z.array;
export const orNull = z.nullable;
/** A member that may be left out. */
export const optional = z.exactOptional;
export const tag = z.literal;
/** One of the keys of a record: the compiler has seen to it that the record names all of them. */
export function wordOf<Word extends string>(all: Record<Word, unknown>): Shape<Word> {
  return z.enum(Object.keys(all) as Word[]);
}
export const word = z.enum;
export const byName = <T>(value: Shape<T>): Shape<Record<string, T>> => z.record(z.string(), value);
export const text: Shape<string> = z.string();
export const flag: Shape<boolean> = z.boolean();
export const number: Shape<number> = z.number();
export const count: Shape<number> = z.int().check(z.nonnegative());
/** What Date can hold. */
export const instant: Shape<number> = z.number().check(z.minimum(-8.64e15), z.maximum(8.64e15));
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
/** An instant, as the number that it is or in ISO 8601 (UTC), as -o json prints it. */
export const time: Shape<number> = z.union([
  instant,
  z.pipe(
    z.string().check(
      z.regex(ISO),
      z.refine((text) => !Number.isNaN(Date.parse(text))),
    ),
    z.transform(Date.parse),
  ),
]) as unknown as Shape<number>;
/** An absolute path of the node. */
export const nodePath: Shape<string> = z
  .string()
  .check(z.refine((path) => path.startsWith('/') && !path.includes('\0')));

/** One of several shapes; the member `name` says which. Each shape is an object that has a `tag` there. */
export function oneOf<T>(name: string, shapes: Record<string, Shape<T>>): Shape<T> {
  const options = Object.values(shapes) as unknown as [z.core.$ZodTypeDiscriminable];
  return z.discriminatedUnion(name, options) as unknown as Shape<T>;
}

/**
 * What `value` is in this shape. When it does not fit: `unknownWord` names the first word that none of the shapes knows,
 * where such words are all that is wrong with it (a kind that another version has added); else it is null.
 */
export type Reading<T> = { fits: true; value: T } | { fits: false; unknownWord: string | null };

export function readAs<T>(shape: Shape<T>, value: unknown): Reading<T> {
  const result = shape.safeParse(value);
  if (result.success) return { fits: true, value: result.data };
  const words = result.error.issues.map((issue) =>
    issue.code === 'invalid_value' || issue.code === 'invalid_union' ? wordAt(value, issue.path) : null,
  );
  const unknownWord = words.every((each) => each !== null) ? (words[0] ?? null) : null;
  return { fits: false, unknownWord };
}

function wordAt(value: unknown, path: PropertyKey[]): string | null {
  const found = path.reduce<unknown>((at, name) => (at as Record<PropertyKey, unknown> | null)?.[name], value);
  return typeof found === 'string' && found !== '' ? found : null;
}
