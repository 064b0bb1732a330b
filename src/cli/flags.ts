/** An option or argument as the catalogue writes it: "-w, --warning <days>", "--now", "[file]". */
export type Flags = {
  /** Without hyphens; empty for an argument. */
  long: string;
  short: string | null;
  /** What its value is ("dir", "file", "format", "days"), which also says how a shell completes it. null: it takes none. */
  value: string | null;
};

export function readFlags(flags: string): Flags {
  return {
    long: /--([a-z-]+)/.exec(flags)?.[1] ?? '',
    short: /^-([A-Za-z])\b/.exec(flags)?.[1] ?? null,
    value: /[<[]([a-z]+)/.exec(flags)?.[1] ?? null,
  };
}

/** The name of an option among the options of a command: "dry-run" is `dryRun`. */
export function camelCase(long: string): string {
  return long.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
