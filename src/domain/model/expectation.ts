import type { Certificate } from './certificate.ts';
import type { ErrorCode } from './errors.ts';
import type { Endpoint } from './inventory.ts';

/** What a renewed certificate is measured against: the one it replaces. */
export type Expectation = {
  id: string;
  /** PEM file, `dynamic-cert.json` or kubeconfig (the user's certificate is meant). */
  path: string;
  /** Where the private key is; the same as `path` in a kubeconfig or dynamic-cert.json. */
  keyPath: string;
  /** Path of the CA certificate that must have signed it; null when unknown. */
  caPath: string | null;
  old:
    | (Pick<Certificate, 'serial' | 'notAfter' | 'sans' | 'usages' | 'subject'> & {
        /** Journals of earlier versions have none. */
        organizations?: string[];
        keyType?: string;
        /** Milliseconds for which it was granted; absent: its notBefore is its CA's, which does not show it. */
        granted?: number;
      })
    | null;
};

/** An endpoint and the file whose leaf certificate it should serve. */
export type ServedExpectation = Endpoint & {
  path: string;
  /** Certificate and key to connect with; only a server that speaks no TLS 1.3 asks for them before it shows its own. */
  client?: { certificatePath: string; keyPath: string };
};

/** A renewed certificate, with what it was measured against. */
export type Renewed = { expect: Expectation; certificate: Certificate };

/** What a person should know of renewed certificates, and what is no failure. */
export type Remark = { code: ErrorCode; message: string };
