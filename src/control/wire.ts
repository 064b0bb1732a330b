import { CertagentError, errorCode, explain } from '../domain/model/errors.ts';

/** How an error travels. The chain of causes is already in `message`. */
export type WireError = { code: string; message: string; remedy?: string };

/** One line of the answer to POST /v1/renew. */
export type RenewLine = { progress: unknown } | { outcome: unknown } | { error: WireError };

export const NDJSON = 'application/x-ndjson';

export function toWire(error: unknown): WireError {
  const remedy = error instanceof CertagentError ? error.remedy : undefined;
  return { code: errorCode(error), message: explain(error), ...(remedy === undefined ? {} : { remedy }) };
}

/** The error the daemon threw, made again on this side. */
export function fromWire(error: WireError): CertagentError {
  return CertagentError.relayed(error.code, error.message, error.remedy === undefined ? {} : { remedy: error.remedy });
}
