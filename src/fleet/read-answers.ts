import { type Document, documentsIn, sectionsIn } from '../domain/fleet/documents.ts';
import type { FleetAnswer } from '../domain/fleet/model.ts';
import type { Instant } from '../domain/model/certificate.ts';
import { STATUS_SCHEMA } from '../domain/model/status.ts';
import { said, short } from '../domain/text/printable.ts';
import { printedSchema } from '../domain/time/printed.ts';
import { parsedJson } from '../host/json.ts';
import { readAs } from '../host/shape.ts';
import { STATUS } from './status-shape.ts';

/** More answers than anybody watches. */
const MOST = 10_000;

/**
 * The answers in a text that others wrote: statuses one after another, one a line, or in arrays; what `ansible` prints; and
 * results of Ansible's command module (an object with "stdout"). `source`: the file, to call what names no node.
 */
export function answersIn(text: string, source: string): FleetAnswer[] {
  const sections = sectionsIn(text);
  return sections
    .flatMap(({ host, body }) => {
      const answers = documentsIn(body).flatMap((document) => ofDocument(document, host ?? source));
      const statuses = answers.filter((answer) => 'status' in answer);
      if (host !== null) return statuses.length > 0 ? statuses : [silentHost(host, body, answers)];
      // Before the first host, Ansible prints warnings.
      return sections.length > 1 ? statuses : answers;
    })
    .slice(0, MOST);
}

/** Of one host that was asked at `askedAt`: its standard output. */
export function answerOf(host: string, text: string, askedAt: Instant): FleetAnswer {
  const value = parsedJson(text);
  return value === undefined ? { host, silent: NOT_STATUS } : statusIn(value, host, askedAt);
}

const NOT_STATUS = "what came back is not certagent's status";

/** What Ansible printed of a host that gave no status: its own message, else the first line. */
function silentHost(host: string, body: string, answers: FleetAnswer[]): FleetAnswer {
  const own = answers.find((answer) => 'silent' in answer && answer.silent !== NOT_STATUS);
  return own ?? { host, silent: said(body) ?? 'it answered nothing' };
}

/** What stands before a document (a banner, a prompt) does no harm; alone it is an answer that cannot be read. */
function ofDocument({ json }: Document, source: string): FleetAnswer[] {
  const value = parsedJson(json);
  return Array.isArray(value) ? value.map((each) => ofValue(each, source)) : [ofValue(value, source)];
}

function ofValue(value: unknown, host: string): FleetAnswer {
  const { schema, stdout, msg, stderr } = membersOf(value);
  if (typeof stdout === 'string' && stdout.trim() !== '') {
    const inner = parsedJson(stdout);
    return inner === undefined ? { host, silent: said(stdout) ?? NOT_STATUS } : statusIn(inner, host, null);
  }
  const reason = [stderr, msg].find((each) => typeof each === 'string' && each.trim() !== '');
  // What Ansible says of a host that it could not ask has a message, and is no status.
  if (typeof stdout === 'string' || (schema === undefined && typeof msg === 'string'))
    return { host, silent: typeof reason === 'string' ? short(reason) : 'it answered nothing' };
  return statusIn(value, host, null);
}

function statusIn(value: unknown, host: string, askedAt: Instant | null): FleetAnswer {
  const { schema, version, error } = membersOf(value);
  const refusal = membersOf(error);
  if (typeof refusal.code === 'string' && typeof refusal.message === 'string')
    return { host, silent: short(`${refusal.message} (${refusal.code})`) };
  if (typeof schema !== 'string' || !schema.startsWith('certagent.status/')) return { host, silent: NOT_STATUS };
  const reading = KNOWN.includes(schema) ? readAs(STATUS, value) : null;
  if (reading?.fits === true) return { host, askedAt, status: reading.value };
  return {
    host,
    silent: `its status, of certagent ${short(String(version), 40)}, has a form that this version cannot read`,
  };
}

const KNOWN = [STATUS_SCHEMA, printedSchema(STATUS_SCHEMA)];

const membersOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
