import { type ErrorCode, errorKind } from './error-codes.ts';

export type { ErrorCode } from './error-codes.ts';

type Options = { remedy?: string; cause?: unknown };

/**
 * An error a user may see. `code` is stable (scripts match on it), `message` says what happened and names the file, key
 * or line, `remedy` says what the user can do next: by default what the catalogue says. The cause is kept apart and never
 * repeated in the message. Nothing secret goes into any of them.
 */
export class CertagentError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;

  constructor(code: ErrorCode, message: string, options: Options = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CertagentError';
    this.code = code;
    this.remedy = options.remedy ?? errorKind(code)?.remedy;
  }

  /** Of a code that somebody else gave: the operating system, or a daemon of another version. */
  static relayed(code: string, message: string, options: Options = {}): CertagentError {
    return new CertagentError(code as ErrorCode, message, options);
  }
}

/** The chain of messages from the outermost error to the root cause, joined by ": ", each message once. */
export function explain(error: unknown): string {
  const messages: string[] = [];
  for (let at: unknown = error; at !== undefined && at !== null; at = at instanceof Error ? at.cause : undefined) {
    const message = at instanceof Error ? at.message : String(at);
    if (!messages.some((seen) => seen.includes(message))) messages.push(message);
  }
  return messages.join(': ');
}

/** The stable code of an error: certagent's own, else the operating system's (`ENOENT`), else `UNKNOWN`. */
export function errorCode(error: unknown): string {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : 'UNKNOWN';
}
